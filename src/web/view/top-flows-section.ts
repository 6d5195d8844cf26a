import type { FlowSampleJson, StatusJson, TimeoutJson, TopFlowJson } from '../../model/status-json.ts';
import { count, duration } from '../../model/text/numbers.ts';
import { ago, countOr, dataTable, type Freshness, section, shareCell } from './section.ts';
import { type Tag, tag } from './tag.ts';

type Taken = Extract<FlowSampleJson, { state: 'taken' }>;

const TITLE = 'Who fills it';
const NO_FLOWS = 'The table held no flows when the sample was taken';

/** The top sources and destinations of the last flow sample, or how to get one. */
export function topFlowsSection({ flowSample }: StatusJson, { ageSeconds }: Freshness): Tag {
  if (flowSample.state !== 'taken') {
    const { error, remedy } = flowSample;
    const text = remedy === undefined ? error : `${error}. ${remedy}`;
    const once = [tag('code', {}, 'conntrack-agent flows'), ' on the node tells it once, also beside this agent'];
    return section('top-flows', TITLE, '', tag('p', { class: 'empty' }, text), tag('p', { class: 'empty' }, ...once));
  }
  const { problem, sources, destinations } = flowSample;
  const failure = problem && tag('p', { class: 'empty' }, `The latest flow sample failed: ${problem.message}`);
  const hasFlows = sources.length > 0 || destinations.length > 0;
  const rankings = hasFlows
    ? tag('div', { class: 'rankings' }, ranking('Sources', sources), ranking('Destinations', destinations))
    : tag('p', { class: 'empty' }, NO_FLOWS);
  return section('top-flows', TITLE, sampleText(flowSample, ageSeconds), rankings, failure);
}

function sampleText({ isComplete, read, ageSeconds }: Taken, sinceSeconds: number): string {
  const sample = isComplete ? `all ${count(read)} flows` : `a sample of ${count(read)} flows`;
  return `${sample}, ${ago(ageSeconds + sinceSeconds)}`;
}

function ranking(title: string, topFlows: readonly TopFlowJson[]): Tag {
  return dataTable([title, 'flows', 'share'], topFlows.map(topFlowRow));
}

function topFlowRow({ address, flows, ...share }: TopFlowJson): Tag {
  return tag(
    'tr',
    {},
    tag('th', { scope: 'row', class: 'address' }, address),
    tag('td', { class: 'number' }, countOr(flows)),
    shareCell(share),
  );
}

const NOTE =
  'Entries that stand keep the timer they have. A timeout shorter than the pauses of an application cuts its connections off.';

/** The timeouts that would free most if they were shorter. Nothing where none would free any worth it, or none is known. */
export function timeoutsSection({ flowSample }: StatusJson, { ageSeconds }: Freshness): Tag | undefined {
  if (flowSample.state !== 'taken' || flowSample.timeouts.length === 0) return undefined;
  return section(
    'timeouts',
    'What shorter timeouts would free',
    ago(flowSample.ageSeconds + ageSeconds),
    dataTable(['Timeout', 'frees', 'share'], flowSample.timeouts.map(timeoutRow)),
    tag('p', { class: 'note' }, NOTE),
  );
}

function timeoutRow({ timeout, seconds, shorterSeconds, flows, longestIdle, ...share }: TimeoutJson): Tag {
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
    shareCell(share),
  );
}
