import type { StatusJson } from '../../model/status-json.ts';
import { count, roughly, span } from '../../model/text/numbers.ts';
import type { Freshness } from './header.ts';
import { countOr } from './section.ts';
import { type Tag, tag } from './tag.ts';

/** How each line is drawn, in the words of its legend. */
const LEGEND = [
  ['entries', 'entries'],
  ['peak', 'peak of each second'],
  ['limit', 'limit'],
  ['forecast', 'forecast at the present growth'],
  ['dropped', 'seconds with packets dropped'],
] as const;

/** The place of the chart, its legend, and what it shows in words. */
export function chartSection(status: StatusJson, freshness: Freshness): Tag {
  const legend = LEGEND.map(([id, text]) =>
    tag('li', {}, tag('span', { class: `key ${id}`, 'aria-hidden': 'true' }), text),
  );
  return tag(
    'section',
    { class: 'chart', 'aria-labelledby': 'chart-title' },
    tag(
      'div',
      { class: 'title' },
      tag('h2', { id: 'chart-title' }, 'Entries over the last hour'),
      tag('p', { class: 'age', id: 'readout', 'aria-live': 'polite' }, 'one number a second'),
    ),
    tag(
      'div',
      { id: 'plot', role: 'img', tabindex: 0, 'aria-label': chartText(status, freshness) },
      ...noScriptNote(freshness),
    ),
    tag('ul', { class: 'legend' }, ...legend),
  );
}

function noScriptNote({ link }: Freshness): Tag[] {
  if (link !== 'static') return [];
  return [
    tag(
      'p',
      { class: 'empty' },
      'The chart takes JavaScript; its numbers are at ',
      tag('a', { href: './api/v1/history' }, '/api/v1/history'),
    ),
  ];
}

function chartText({ table }: StatusJson, { range }: Freshness): string {
  const { entries, limit, secondsUntilFull: seconds } = table;
  const now = `Chart of ${countOr(entries)} entries now, with a limit of ${countOr(limit)}`;
  const past =
    range && `between ${count(range.lowest)} and ${count(range.highest)} over the last ${span(range.seconds)}`;
  const ahead = seconds === null ? 'not filling' : seconds && `full in about ${roughly(seconds)} at the present growth`;
  return [now, past, ahead].filter(Boolean).join('; ');
}
