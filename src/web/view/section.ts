import { count, percent, span } from '../../model/text/numbers.ts';
import { type Content, type Tag, tag } from './tag.ts';

/** A titled part of the page, with the age of its numbers beside the title. */
export function section(id: string, title: string, age: string, ...children: readonly (Content | undefined)[]): Tag {
  return tag(
    'section',
    { class: id, 'aria-labelledby': `${id}-title` },
    tag('div', { class: 'title' }, tag('h2', { id: `${id}-title` }, title), tag('p', { class: 'age' }, age)),
    ...children,
  );
}

/** A number with its unit. */
export function measure(number: string, unit: string, id?: string): Tag {
  return tag(
    'span',
    { class: 'measure', id },
    number,
    unit === '' ? undefined : tag('span', { class: 'unit' }, ` ${unit}`),
  );
}

/** A table with its head; the columns behind the first `textColumns` are numbers. */
export function dataTable(titles: readonly string[], rows: readonly Tag[], textColumns = 1): Tag {
  const head = titles.map((title, i) =>
    tag('th', { scope: 'col', class: i < textColumns ? undefined : 'number' }, title),
  );
  return tag('table', {}, tag('thead', {}, tag('tr', {}, ...head)), tag('tbody', {}, ...rows));
}

/** A share of the table; its margin of error is left out where it is too small to show. */
export function shareCell({ share, low, high }: { share: number; low: number; high: number }): Tag {
  const margin = (high - low) / 2;
  const marginText = margin < 0.0005 ? undefined : tag('span', { class: 'margin' }, ` ±${(margin * 100).toFixed(1)}`);
  return tag('td', { class: 'number' }, percent(share), marginText);
}

/** Numbers where the page may have none: what is not known is a dash, never 0. */

export const UNKNOWN = '–';

export function countOr(value: number | undefined): string {
  return value === undefined ? UNKNOWN : count(value);
}

/** What completes "the last": "minute", "hour" (some seconds of it may not be known), "12 min 34 s". */
export function lastly(seconds: number): string {
  return seconds === 60 ? 'minute' : seconds > 3540 ? 'hour' : span(seconds);
}

/** How old the numbers on the page are, and whether it is being updated. */
export type Freshness = {
  /** `static`: made by the server, without a script. `live`: updated by the agent. `lost`: not updated any more. */
  readonly link: 'static' | 'live' | 'lost';
  /** Since the status was made. */
  readonly ageSeconds: number;
  /** Lowest and highest count the chart shows. */
  readonly range?: { readonly seconds: number; readonly lowest: number; readonly highest: number } | undefined;
};

/** "now", "12 s ago", "3 min ago", "2 h ago". */
export function ago(seconds: number): string {
  if (seconds < 2) return 'now';
  if (seconds < 120) return `${Math.floor(seconds)} s ago`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}

/** The time of day in UTC out of ISO 8601. */
export function timeOfDay(at: string): string {
  return `${at.slice(11, 19)} UTC`;
}
