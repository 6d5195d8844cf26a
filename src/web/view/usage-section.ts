import type { StatusJson } from '../../model/status-json.ts';
import { count, percent, roughly, signedRate, span } from '../../model/text/numbers.ts';
import { ago, countOr, type Freshness, lastly, measure, section, UNKNOWN } from './section.ts';
import { type Tag, tag } from './tag.ts';

type Table = StatusJson['table'];

/** How full the table is, was within the minute, will be, and how long it was. */
export function usageSection(status: StatusJson, { ageSeconds }: Freshness): Tag {
  const { table } = status;
  return section(
    'usage',
    'Usage',
    ago(ageSeconds),
    tag('p', { class: 'fill', id: 'usage' }, table.usage === undefined ? UNKNOWN : percent(table.usage)),
    tag('p', { class: 'of' }, measure(countOr(table.entries), '', 'entries'), ' of ', limitOf(table), ' entries'),
    tag(
      'dl',
      {},
      ...[...now(table), ...beside(status)].flatMap(([name, value]) => [tag('dt', {}, name), tag('dd', {}, value)]),
    ),
    aboveOf(table),
  );
}

function limitOf({ limit }: Table): Tag {
  return measure(limit === 0 ? 'unlimited' : countOr(limit), '', 'limit');
}

function now(table: Table): [name: string, value: Tag][] {
  const { peak, peakWindowSeconds, growthPerSecond } = table;
  return [
    [`Peak of the last ${lastly(peakWindowSeconds)}`, measure(countOr(peak), 'entries', 'peak')],
    ['Growth', measure(growthPerSecond === undefined ? UNKNOWN : signedRate(growthPerSecond), 'entries/s', 'growth')],
    ['Full in', untilFull(table)],
  ];
}

/** Other limits than the table's own, where there are any. */
function beside({ table, cloud, kubeProxy }: StatusJson): [name: string, value: Tag][] {
  const { available, secondsUntilExceeded: seconds } = cloud ?? {};
  const after = kubeProxy?.limitAfterStart;
  const soon = seconds === undefined || seconds === null ? '' : `, for about ${roughly(seconds)}`;
  return [
    ...(available === undefined
      ? []
      : [['Cloud can track', measure(count(available), `more${soon}`, 'cloud-available')] as [string, Tag]]),
    ...(after === undefined || after === table.limit
      ? []
      : [['Limit when kube-proxy starts', measure(count(after), 'entries', 'kube-proxy-limit')] as [string, Tag]]),
  ];
}

function untilFull({ secondsUntilFull: seconds }: Table): Tag {
  if (seconds === undefined) return measure(UNKNOWN, '', 'full-in');
  if (seconds === null) return measure('not filling', '', 'full-in');
  return measure(seconds === 0 ? 'full now' : `about ${roughly(seconds)}`, '', 'full-in');
}

/** Bars are meters, because a strict policy lets no width be written into the page. */
function aboveOf({ timeAbove }: Table): Tag {
  const seconds = timeAbove?.seconds ?? 0;
  const rows = timeAbove?.shares.map(({ usage, share }) => {
    const text = share === 0 ? 'never' : `${span(share * seconds)}, ${percent(share)}`;
    return tag(
      'tr',
      {},
      tag('th', { scope: 'row' }, `above ${percent(usage)}`),
      tag(
        'td',
        {},
        tag('meter', { min: 0, max: 1, value: share.toFixed(4), 'aria-label': `Time above ${percent(usage)}` }),
      ),
      tag('td', { class: 'number', id: `above-${Math.round(usage * 100)}` }, text),
    );
  });
  const caption = timeAbove === undefined ? 'Time above: not known' : `Time above, of the last ${lastly(seconds)}`;
  return tag('table', { class: 'above' }, tag('caption', {}, caption), tag('tbody', {}, ...(rows ?? [])));
}

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
