import { duration, percent } from '../../model/numbers.ts';
import type { StatusJson, TimeoutJson } from '../../model/status-json.ts';
import { ago, type Freshness } from './freshness.ts';
import { countOr } from './numbers.ts';
import { section } from './section.ts';
import { type Tag, tag } from './tag.ts';

const NOTE =
  'Entries that stand keep the timer they have. A timeout shorter than the pauses of an application cuts its connections off.';

/** The timeouts that would free most if they were shorter. Nothing where none would free any worth it, or none is known. */
export function timeoutsSection({ flowSample }: StatusJson, { ageSeconds }: Freshness): Tag | undefined {
  if (flowSample.state !== 'taken' || flowSample.timeouts.length === 0) return undefined;
  const head = ['Timeout', 'frees', 'share'].map((text, i) =>
    tag('th', { scope: 'col', class: i === 0 ? undefined : 'number' }, text),
  );
  const rows = flowSample.timeouts.map(timeoutRow);
  return section(
    'timeouts',
    'What shorter timeouts would free',
    ago(flowSample.ageSeconds + ageSeconds),
    tag('table', {}, tag('thead', {}, tag('tr', {}, ...head)), tag('tbody', {}, ...rows)),
    tag('p', { class: 'note' }, NOTE),
  );
}

function timeoutRow({ timeout, seconds, shorterSeconds, flows, share, low, high, longestIdle }: TimeoutJson): Tag {
  const margin = (high - low) / 2;
  const marginText = margin < 0.0005 ? undefined : tag('span', { class: 'margin' }, ` ±${(margin * 100).toFixed(1)}`);
  const idle = longestIdle && `; idle for up to ${duration(longestIdle.seconds)}: ${longestIdle.destination}`;
  return tag(
    'tr',
    {},
    tag(
      'th',
      { scope: 'row', class: 'address' },
      timeout,
      tag('span', { class: 'detail' }, ` ${duration(seconds)} to ${duration(shorterSeconds)}${idle ?? ''}`),
    ),
    tag('td', { class: 'number' }, countOr(flows)),
    tag('td', { class: 'number' }, percent(share), marginText),
  );
}
