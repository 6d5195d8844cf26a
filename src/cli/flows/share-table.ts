import type { Share } from '../../model/flows.ts';
import { count } from '../../model/text/numbers.ts';

export type Row = {
  readonly label: string;
  /** Of what is counted; undefined where the size of the whole is not known. */
  readonly number: number | undefined;
  /** 0 to 1. */
  readonly share: number;
  /** How far the share may be off, 0 to 1. */
  readonly error?: number | undefined;
};

const GAP = '  ';
const BAR_COLUMNS = 30;
const LABEL_LEAST = 12;
/** Unicode block elements, an eighth of a cell each. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** Rows with a number of `counted`, a share, its error where any row has one, and a bar; no line is longer than `width`. */
export function shareTable(title: string, rows: readonly Row[], width: number, counted = 'flows'): string {
  if (rows.length === 0) return `${title}\n${GAP}none`;
  const counts = column(counted, rows, ({ number }) => (number === undefined ? '?' : count(number)));
  const shares = column('share', rows, ({ share }) => percentText(share));
  const hasErrors = rows.some(({ error }) => error !== undefined);
  const errors = hasErrors ? column('±', rows, ({ error }) => (error === undefined ? '' : percentText(error))) : [];
  const numbers = ['', ...rows].map((_, i) =>
    [counts[i], shares[i], errors[i]].filter((cell) => cell !== undefined).join(GAP),
  );
  const numberColumns = numbers[0]!.length + 2 * GAP.length;
  const widest = Math.max(title.length, ...rows.map(({ label }) => label.length));
  const labelColumns = Math.min(widest, Math.max(LABEL_LEAST, width - numberColumns));
  const barColumns = Math.max(0, Math.min(BAR_COLUMNS, width - labelColumns - numberColumns));
  const lines = [title, ...rows.map(({ label }) => label)].map((label, i) =>
    [padded(label, labelColumns), numbers[i], i === 0 ? '' : bar(rows[i - 1]!.share, barColumns)].join(GAP).trimEnd(),
  );
  return lines.join('\n');
}

/** Undefined when it is no estimate. */
export function errorOf({ share, low, high }: Pick<Share, 'share' | 'low' | 'high'>): number | undefined {
  const error = Math.max(share - low, high - share);
  return error === 0 ? undefined : error;
}

/** Cells under their heading, flush right. */
function column(heading: string, rows: readonly Row[], textOf: (row: Row) => string): string[] {
  const texts = [heading, ...rows.map(textOf)];
  const columns = Math.max(...texts.map(({ length }) => length));
  return texts.map((text) => text.padStart(columns));
}

function padded(label: string, columns: number): string {
  return label.length <= columns ? label.padEnd(columns) : `${label.slice(0, columns - 1)}…`;
}

/** A full bar is the whole table. */
function bar(share: number, columns: number): string {
  const eighths = Math.round(Math.min(1, share) * columns * EIGHTHS.length);
  return '█'.repeat(Math.floor(eighths / EIGHTHS.length)) + EIGHTHS[eighths % EIGHTHS.length]!;
}

/** With one decimal; rounded down near the top, because 99.97 % is not all. */
export function percentText(share: number): string {
  const tenths = share < 1 ? Math.min(999, Math.round(share * 1000)) : Math.round(share * 1000);
  return `${(tenths / 10).toFixed(1)} %`;
}
