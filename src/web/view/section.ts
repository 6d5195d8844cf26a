import { count, span } from '../../model/text/numbers.ts';
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

/** Numbers where the page may have none: what is not known is a dash, never 0. */

export const UNKNOWN = '–';

export function countOr(value: number | undefined): string {
  return value === undefined ? UNKNOWN : count(value);
}

/** What completes "the last": "minute", "hour" (some seconds of it may not be known), "12 min 34 s". */
export function lastly(seconds: number): string {
  return seconds === 60 ? 'minute' : seconds > 3540 ? 'hour' : span(seconds);
}
