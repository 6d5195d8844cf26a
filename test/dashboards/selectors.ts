/** What an expression asks for, by the grammar of PromQL itself. */
import { parser } from '@prometheus-io/lezer-promql';

export type Selector = {
  readonly metric: string;
  /** `cluster=~".*"`, one for each label matcher. */
  readonly matchers: readonly string[];
  /** What it stands in directly: `rate`, `last_over_time`; undefined where it is not an argument of a function. */
  readonly within: string | undefined;
  /** `5m`, of a range. */
  readonly range: string | undefined;
};

type Node = ReturnType<typeof parser.parse>['topNode'];

/** Where the grammar does not know how to go on; empty for a good expression. */
export function syntaxErrors(expr: string): string[] {
  const errors: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from }) => {
      if (type.isError) errors.push(`at ${from}: "${expr.slice(from, from + 20)}"`);
    },
  });
  return errors;
}

export function selectorsOf(expr: string): Selector[] {
  const selectors: Selector[] = [];
  const textOf = (node: Node | null) => (node === null ? undefined : expr.slice(node.from, node.to));
  parser.parse(expr).iterate({
    enter: ({ name, node }) => {
      if (name !== 'VectorSelector') return;
      const matrix = node.parent?.name === 'MatrixSelector' ? node.parent : undefined;
      const call = callAround(matrix ?? node);
      selectors.push({
        metric: textOf(node.getChild('Identifier')) ?? '',
        matchers: (node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []).map(
          (one) => textOf(one)!,
        ),
        within: textOf(call?.getChild('FunctionIdentifier') ?? null),
        range: matrix === undefined ? undefined : textOf(matrix.getChild('DurationExpr')),
      });
    },
  });
  return selectors;
}

/** The call whose argument this is: nothing between them but the brackets of the call. */
function callAround(node: Node): Node | undefined {
  const body = node.parent;
  if (body?.name !== 'FunctionCallBody') return undefined;
  return body.parent?.name === 'FunctionCall' ? body.parent : undefined;
}
