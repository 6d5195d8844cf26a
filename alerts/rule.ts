/** Rules of Prometheus as values, and as the text that a person would have written. */

export type RecordingRule = {
  readonly comment?: string;
  readonly record: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly expr: string;
};

export type AlertRule = {
  readonly comment?: string;
  readonly alert: string;
  readonly severity: 'critical' | 'warning';
  readonly expr: string;
  /** How long the expression must hold, and how long the alert outlives it. */
  readonly forTime?: string;
  readonly keepFiringFor?: string;
  /** Templates; each line of the description is a sentence. */
  readonly summary: string;
  readonly description: readonly string[];
  readonly runbookUrl: string;
};

/** Evaluated in order: a rule sees what is recorded above it at the same instant. Groups are evaluated beside each other. */
export type Group = {
  readonly name: string;
  readonly comment: string;
  readonly rules: readonly (RecordingRule | AlertRule)[];
};

/** Others export series of the same names (GKE's netd has `conntrack_entries`): the agent's are selected by their job. */
export const OUR_JOB = '.*conntrack-agent.*';

/** Width of comments; expressions and sentences are left as they are. */
const WIDTH = 120;
const INDENT = 6;

export function rulesFile(comment: string, groups: readonly Group[]): string {
  return `${commentLines(comment, 0)}\ngroups:\n${groups.map(groupText).join('\n')}`;
}

function groupText({ name, comment, rules }: Group): string {
  return `${commentLines(comment, 2)}\n  - name: ${name}\n    rules:\n${rules.map(ruleText).join('')}`;
}

function ruleText(rule: RecordingRule | AlertRule): string {
  const lines = 'record' in rule ? recordLines(rule) : alertLines(rule);
  const [first, ...others] = lines.flatMap((line) => line.split('\n'));
  const comment = rule.comment === undefined ? '' : `${commentLines(rule.comment, INDENT)}\n`;
  return `${comment}${indented([`- ${first}`, ...others.map((line) => `  ${line}`)], INDENT)}\n`;
}

function recordLines({ record, labels, expr }: RecordingRule): string[] {
  const given = Object.entries(labels ?? {}).map(([name, value]) => `  ${name}: ${value}`);
  return [`record: ${record}`, ...(given.length === 0 ? [] : ['labels:', ...given]), ...exprLines(expr)];
}

function alertLines(rule: AlertRule): string[] {
  return [
    `alert: ${rule.alert}`,
    ...exprLines(rule.expr),
    ...(rule.forTime === undefined ? [] : [`for: ${rule.forTime}`]),
    ...(rule.keepFiringFor === undefined ? [] : [`keep_firing_for: ${rule.keepFiringFor}`]),
    'labels:',
    `  severity: ${rule.severity}`,
    'annotations:',
    `  summary: ${quoted(rule.summary)}`,
    '  description: >-',
    ...rule.description.map((line) => `    ${line}`),
    `  runbook_url: ${rule.runbookUrl}`,
  ];
}

/** In single quotes where the text has double ones, as a formatter of YAML would. */
function quoted(text: string): string {
  return text.includes('"') ? `'${text.replaceAll("'", "''")}'` : `"${text}"`;
}

function exprLines(expr: string): string[] {
  return ['expr: |', ...expr.split('\n').map((line) => `  ${line}`)];
}

function commentLines(text: string, by: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && by + line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`# ${word}`);
  }
  return indented(lines, by);
}

function indented(lines: readonly string[], by: number): string {
  return lines.map((line) => `${' '.repeat(by)}${line}`).join('\n');
}
