import { FOREIGN_REMEDY } from '../judge/verdict.ts';
import { alarmList } from './alarm-list.ts';
import type { Moment } from './moment.ts';
import { span } from './numbers.ts';
import { isForeign, type ProblemJson, type StatusJson } from './status-json.ts';
import { type Tag, tag } from './tag.ts';

/** The word beside the colour and the shape, for none of the three is enough alone. */
const LEVELS = {
  calm: 'Calm',
  warning: 'Warning',
  critical: 'Critical',
  blind: 'Blind',
  absent: 'Nothing to watch',
} as const;

/** What is wrong, in the largest letters where nothing can be seen, and what is raised. */
export function verdictSection(status: StatusJson, moment: Moment): Tag {
  const { level, text } = status.verdict;
  if (moment.link === 'lost') return lostSection(status, moment);
  return tag(
    'section',
    { class: `verdict ${level}`, 'aria-label': 'Verdict' },
    levelWord(LEVELS[level]),
    tag('p', { class: 'sentence' }, text),
    ...reasons(status).map(reasonText),
    alarmList(isForeign(status) ? undefined : status.alarms),
  );
}

function levelWord(word: string): Tag {
  const shape = tag('span', { class: 'shape', 'aria-hidden': 'true' });
  return tag('p', { class: 'level', role: 'status' }, shape, word);
}

function lostSection({ verdict, alarms }: StatusJson, { ageSeconds }: Moment): Tag {
  return tag(
    'section',
    { class: 'verdict lost', 'aria-label': 'Verdict' },
    levelWord('No news'),
    tag('p', { class: 'sentence' }, `No news from the agent for ${span(Math.floor(ageSeconds))}`),
    tag('p', { class: 'reason' }, `Before that: ${verdict.text}`),
    tag(
      'p',
      { class: 'reason' },
      'Trying again every few seconds. A full table refuses new connections, this one too; the unix socket of the agent answers even then',
    ),
    alarmList(alarms),
  );
}

/** Why the agent is blind, with what to do about it. */
function reasons(status: StatusJson): readonly ProblemJson[] {
  const { verdict, netns, sources } = status;
  if (verdict.level !== 'blind') return [];
  if (netns !== undefined && isForeign(status)) return [{ message: `Seen: ${netns.why}`, remedy: FOREIGN_REMEDY }];
  const broken = sources.filter(({ source, up }) => !up && (source === 'entries' || source === 'limit'));
  return broken.map(({ source, problem }) => problem ?? { message: `There is no file for the ${source}` });
}

function reasonText({ message, remedy }: ProblemJson): Tag {
  return tag('p', { class: 'reason' }, remedy === undefined ? message : `${message}. ${remedy}`);
}
