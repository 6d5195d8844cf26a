import {
  type AlarmJson,
  FOREIGN_REMEDY,
  isForeign,
  type ProblemJson,
  type StatusJson,
} from '../../model/status-json.ts';
import { span } from '../../model/text/numbers.ts';
import type { Freshness } from './section.ts';
import { type Tag, tag } from './tag.ts';

/** The word beside the colour and the shape: none of the three is enough alone. */
const LEVELS = {
  ok: 'OK',
  warning: 'Warning',
  critical: 'Critical',
  no_data: 'No data',
  not_loaded: 'Not loaded',
} as const;

/** The summary, in the largest letters where there is no data, and the alarms that fire. */
export function summarySection(status: StatusJson, freshness: Freshness): Tag {
  const { level, text } = status.summary;
  if (freshness.link === 'lost') return lostSection(status, freshness);
  return tag(
    'section',
    { class: `summary ${level}`, 'aria-label': 'Summary' },
    levelWord(LEVELS[level]),
    tag('p', { class: 'sentence' }, text),
    ...reasons(status).map(reasonText),
    alarmList(status.alarms),
  );
}

function levelWord(word: string): Tag {
  const shape = tag('span', { class: 'shape', 'aria-hidden': 'true' });
  return tag('p', { class: 'level', role: 'status' }, shape, word);
}

function lostSection({ summary, alarms }: StatusJson, { ageSeconds }: Freshness): Tag {
  return tag(
    'section',
    { class: 'summary lost', 'aria-label': 'Summary' },
    levelWord('No data'),
    tag('p', { class: 'sentence' }, `The agent has not answered for ${span(Math.floor(ageSeconds))}`),
    tag('p', { class: 'reason' }, `Before that: ${summary.text}`),
    tag(
      'p',
      { class: 'reason' },
      'Trying again every few seconds. A full table drops new connections, this one too; the unix socket of the agent answers even then',
    ),
    alarmList(alarms),
  );
}

/** Why there is no data, with what to do about it. */
function reasons(status: StatusJson): readonly ProblemJson[] {
  const { summary, netns, sources } = status;
  if (netns !== undefined && isForeign(status)) return [{ message: `Seen: ${netns.why}`, remedy: FOREIGN_REMEDY }];
  if (summary.level !== 'no_data') return [];
  const broken = sources.filter(({ source, up }) => !up && (source === 'entries' || source === 'limit'));
  return broken.map(({ source, problem }) => problem ?? { message: `There is no file for the ${source}` });
}

function reasonText({ message, remedy }: ProblemJson): Tag {
  return tag('p', { class: 'reason' }, remedy === undefined ? message : `${message}. ${remedy}`);
}

/** The alarms that fire, worst first, each with its runbook. */
function alarmList(alarms: readonly AlarmJson[]): Tag {
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
