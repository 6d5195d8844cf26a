import { span } from '../../model/numbers.ts';
import type { AlarmJson } from '../../model/status-json.ts';
import { type Tag, tag } from './tag.ts';

/** The alarms that fire, worst first, each with its runbook. */
export function alarmList(alarms: readonly AlarmJson[]): Tag {
  if (alarms.length === 0) return tag('p', { class: 'alarms none' }, 'No alarm fires');
  return tag('ul', { class: 'alarms', 'aria-label': 'Alarms that fire' }, ...alarms.map(alarmItem));
}

function alarmItem({ alertname, severity, forSeconds, isResolving, runbookUrl }: AlarmJson): Tag {
  const since = `for ${span(forSeconds)}`;
  return tag(
    'li',
    {},
    tag('span', { class: 'severity' }, severity),
    tag('a', { href: isWeb(runbookUrl) ? runbookUrl : undefined, rel: 'noreferrer' }, `${alertname} runbook`),
    tag('span', { class: 'since' }, isResolving ? `${since}, resolving` : since),
  );
}

/** A link to anything else might run something. */
function isWeb(url: string): boolean {
  return /^https?:\/\//.test(url);
}
