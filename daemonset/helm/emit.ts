/** A tree as the text of a template. */
import type { Item, Tree } from './tree.ts';

/** Lines of YAML with the directives of Helm, each directive on a line of its own. */
export function emit(tree: Tree, indent = 0): string[] {
  if (tree.kind === 'map' || tree.kind === 'list') {
    const items: readonly (Item & { readonly key?: string })[] = tree.kind === 'map' ? tree.entries : tree.items;
    return [...itemsLines(items, indent), ...tree.more.map((line) => fill(line, indent))];
  }
  if (tree.kind === 'expression') return expressionLines(tree, indent);
  return tree.text.split('\n').map((line) => `${' '.repeat(indent)}${line}`);
}

/** Neighbours under the same condition share it. */
function itemsLines(items: readonly (Item & { readonly key?: string })[], indent: number): string[] {
  return items.flatMap((item, i) => {
    const lines = item.key === undefined ? itemLines(item, indent) : entryLines(item.key, item, indent);
    const all = [...commentLines(item.comment, indent), ...lines];
    if (item.when === undefined) return all;
    const opens = items[i - 1]?.when !== item.when;
    const closes = items[i + 1]?.when !== item.when;
    return [
      ...(opens ? [directive(`if ${item.when}`, indent)] : []),
      ...all,
      ...(closes ? [directive('end', indent)] : []),
    ];
  });
}

function entryLines(key: string, { value }: Item, indent: number): string[] {
  const pad = ' '.repeat(indent);
  if (value.kind === 'leaf') return leafLines(value, indent, (text) => `${pad}${key}: ${text}`);
  // Kubernetes' own way: the items of a list are two deeper than their key.
  return [`${pad}${key}:`, ...emit(value, indent + 2)];
}

function itemLines({ value }: Item, indent: number): string[] {
  if (value.kind === 'leaf') return leafLines(value, indent, (text) => `${' '.repeat(indent)}- ${text}`);
  const [first = '', ...others] = emit(value, indent + 2);
  return [`${' '.repeat(indent)}- ${first.trimStart()}`, ...others];
}

type Leaf = Extract<Tree, { kind: 'leaf' }>;

function leafLines({ text, choices }: Leaf, indent: number, line: (text: string) => string): string[] {
  const plain = (value: string) => {
    const [first = '', ...others] = value.split('\n');
    return [line(first), ...others.map((other) => (other === '' ? '' : `${' '.repeat(indent + 2)}${other}`))];
  };
  if (choices.length === 0) return plain(text);
  const branches = choices.flatMap(({ when, comment, text: other }, i) => [
    directive(`${i === 0 ? 'if' : 'else if'} ${when}`, indent),
    ...commentLines(comment, indent),
    ...plain(other),
  ]);
  return [...branches, directive('else', indent), ...plain(text), directive('end', indent)];
}

function expressionLines({ expression, otherwise }: Extract<Tree, { kind: 'expression' }>, indent: number): string[] {
  if (otherwise === undefined) return [directive(`${expression} | nindent ${indent}`, indent)];
  return [
    directive(`with ${expression}`, indent),
    directive(`toYaml . | nindent ${indent}`, indent),
    directive('else', indent),
    ...emit(otherwise, indent),
    directive('end', indent),
  ];
}

function directive(text: string, indent: number): string {
  return `${' '.repeat(indent)}{{- ${text} }}`;
}

/** `$INDENT` in a line of a template is the column it stands in. */
function fill(line: string, indent: number): string {
  return `${' '.repeat(indent)}${line.replaceAll('$INDENT', String(indent))}`;
}

function commentLines(comment: string, indent: number): string[] {
  return comment === '' ? [] : comment.split('\n').map((line) => `${' '.repeat(indent)}#${line}`);
}
