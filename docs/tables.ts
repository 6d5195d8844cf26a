/** The README's tables, made from the tables the agent itself runs on. */

import type { Option } from '../src/config/option-values.ts';
import { defaultText, flagText, OPTION_ENTRIES, variableOf } from '../src/config/options.ts';

export type Metric = {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
};

/** Markdown, one row per flag in the order of `--help`. */
export function flagTable(): string {
  const rows = OPTION_ENTRIES.map(([, option]) => [
    code(flagText(option)),
    code(variableOf(option.flag)),
    defaultCell(option),
    `${option.help}${accepted(option)}`,
  ]);
  return table(['flag', 'variable', 'default', 'meaning'], rows);
}

/** Markdown, one row per metric in the order given. */
export function metricTable(metrics: readonly Metric[]): string {
  const rows = metrics.map(({ name, type, labels, help }) => [
    code(labels.length === 0 ? name : `${name}{${labels.join(',')}}`),
    type,
    help,
  ]);
  return table(['metric', 'type', 'meaning'], rows);
}

/** `text` with what stands between `<!-- name -->` and `<!-- /name -->` replaced by `content`. */
export function between(name: string, text: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from === -1 || to < from)
    throw new SyntaxError(`Cannot place the table "${name}": expected ${open} before ${close}`);
  return `${text.slice(0, from)}${open}\n${content}\n${text.slice(to)}`;
}

/** The README with both tables as the code has them now. */
export function withTables(readme: string, metrics: readonly Metric[]): string {
  return between('metrics', between('flags', readme, flagTable()), metricTable(metrics));
}

function accepted({ kind, value }: Option): string {
  if (kind === 'switch') return '';
  return ` (${value.expected}${kind === 'list' ? '; repeatable' : ''})`;
}

/** Text a user could type is set as code; words about it are not. */
function defaultCell(option: Option): string {
  const isTyped = option.kind !== 'switch' && typeof option.fallback === 'string' && option.variable === undefined;
  return isTyped ? code(defaultText(option)) : defaultText(option);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

/** GitHub splits cells at a bar even inside code; an angle bracket would open a tag. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function code(text: string): string {
  return `\`${text}\``;
}
