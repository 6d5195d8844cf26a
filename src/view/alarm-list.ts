import { span } from './numbers.ts';
import type { AlarmJson } from './status-json.ts';
import { type Tag, tag } from './tag.ts';

/** The alarms that are raised, worst first, each with its runbook; nothing where none can be judged. */
export function alarmList(alarms: readonly AlarmJson[] | undefined): Tag | undefined {
  if (alarms === undefined) return undefined;
  if (alarms.length === 0) return tag('p', { class: 'alarms none' }, 'No alarm raised');
  return tag('ul', { class: 'alarms', 'aria-label': 'Alarms raised' }, ...alarms.map(alarmItem));
}

function alarmItem({ alertname, severity, forSeconds, isCalming, runbookUrl }: AlarmJson): Tag {
  const since = forSeconds === undefined ? '' : `for ${span(forSeconds)}`;
  return tag(
    'li',
    {},
    tag('span', { class: 'severity' }, severity),
    tag('a', { href: isWeb(runbookUrl) ? runbookUrl : undefined, rel: 'noreferrer' }, `${alertname} runbook`),
    tag('span', { class: 'since' }, isCalming ? `${since}, clearing` : since),
  );
}

/** A link to anything else might run something. */
function isWeb(url: string): boolean {
  return /^https?:\/\//.test(url);
}
