/** Tables of the documentation, made from the tables the agent itself runs on. */

import type { Option } from '../src/config/option-values.ts';
import { defaultText, flagText, OPTION_ENTRIES, variableOf } from '../src/config/options.ts';
import { ALARM_ROWS } from '../src/model/alarms/alarms.ts';
import { DEFAULT_THRESHOLDS } from '../src/model/alarms/thresholds.ts';
import { span } from '../src/model/text/numbers.ts';

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

/** Markdown, one row per alarm of the agent, the worst first. */
export function alarmTable(): string {
  const rows = ALARM_ROWS.map(({ alertname, severity, summary }) => [
    `[\`${alertname}\`](docs/runbooks/${alertname}.md)`,
    severity,
    `The node ${summary}`,
  ]);
  return table(['alert', 'severity', 'what it says'], rows);
}

/** Markdown, when each alarm fires by the default thresholds, the worst first. */
export function alarmTimesTable(): string {
  const rows = ALARM_ROWS.map(({ id, severity, fires, pendingMs }) => {
    const wait = pendingMs === 0 ? '' : `, for ${span(pendingMs / 1000)}`;
    return [code(id), severity, `${fires(DEFAULT_THRESHOLDS)}${wait}`];
  });
  return table(['alarm', 'severity', 'fires'], rows);
}

/** What of bench/alerts/RESULTS.md the README repeats: words that a row or a column begins with, and their name in the README. */
const CORPORA = [
  ['### Tuning corpus', 'tuning'],
  ['### Held-out corpus', 'held-out'],
] as const;
const RULES = [
  ['above 75 %', 'above 75 %'],
  ['above 80 % for 5 min', 'above 80 % for 5 min'],
  ['**ours, via Prometheus', '**ours, via Prometheus**'],
  ['**ours, direct', '**ours, direct**'],
] as const;
const COLUMNS = [
  ['losses missed', 'losses missed'],
  ['median lead of the first alert', 'first alert before the first lost packet, median'],
  ['worst lead of the first alert', 'worst'],
  ['undeserved', 'harmless traces with an undeserved critical alert'],
] as const;

/** Markdown, the rows and columns above of the text of bench/alerts/RESULTS.md. */
export function figureTable(results: string): string {
  const rows = CORPORA.flatMap(([title, corpus]) => {
    const [header = [], , ...body] = tableAfter(title, results);
    const columns = COLUMNS.map(([begins]) => indexOf(header, begins));
    return RULES.map(([begins, rule]) => {
      const row =
        body[
          indexOf(
            body.map(([name = '']) => name),
            begins,
          )
        ]!;
      return [corpus, rule, ...columns.map((column) => row[column] ?? '')];
    });
  });
  return table(['traces', 'rule', ...COLUMNS.map(([, name]) => name)], rows);
}

/** Cells of the first table below a title. */
function tableAfter(title: string, text: string): string[][] {
  const lines = text.slice(text.indexOf(`${title}\n`)).split('\n');
  const from = lines.findIndex((line) => line.startsWith('|'));
  const length = lines.slice(from).findIndex((line) => !line.startsWith('|'));
  return lines.slice(from, from + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((text) => text.trim()),
  );
}

function indexOf(texts: readonly string[], begins: string): number {
  const index = texts.findIndex((text) => text.startsWith(begins));
  if (index === -1)
    throw new SyntaxError(`Cannot find "${begins}" in bench/alerts/RESULTS.md: there is ${texts.join(', ')}`);
  return index;
}

/** `text` with what stands between `<!-- name -->` and `<!-- /name -->` replaced by `content`. */
export function between(name: string, text: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from === -1 || to < from)
    throw new SyntaxError(`Cannot place the table "${name}": expected ${open} before ${close}`);
  return `${text.slice(0, from)}${open}\n${content}\n${text.slice(to)}`;
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
