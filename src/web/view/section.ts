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
