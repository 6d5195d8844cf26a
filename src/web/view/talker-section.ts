import { count, percent } from '../../model/numbers.ts';
import type { FlowSampleJson, StatusJson, TopFlowJson } from '../../model/status-json.ts';
import { ago, type Freshness } from './freshness.ts';
import { countOr } from './numbers.ts';
import { section } from './section.ts';
import { type Tag, tag } from './tag.ts';

type Taken = Extract<FlowSampleJson, { state: 'taken' }>;

const TITLE = 'Who fills it';

/** The busiest sources and destinations of the last flow sample, or how to have one taken. */
export function topFlowsSection({ flowSample }: StatusJson, { ageSeconds }: Freshness): Tag {
  if (flowSample.state !== 'taken') {
    const { error, remedy } = flowSample;
    const text = remedy === undefined ? error : `${error}. ${remedy}`;
    const once = [tag('code', {}, 'conntrack-agent flows'), ' on the node tells it once, also beside this agent'];
    return section('topFlows', TITLE, '', tag('p', { class: 'empty' }, text), tag('p', { class: 'empty' }, ...once));
  }
  const { problem } = flowSample;
  const trouble = problem && tag('p', { class: 'empty' }, `The latest flow sample failed: ${problem.message}`);
  const lists = [ranking('Sources', flowSample.sources), ranking('Destinations', flowSample.destinations)];
  return section(
    'topFlows',
    TITLE,
    sampleText(flowSample, ageSeconds),
    tag('div', { class: 'rankings' }, ...lists),
    trouble,
  );
}

function sampleText({ isComplete, read, ageSeconds }: Taken, sinceSeconds: number): string {
  const sample = isComplete ? `all ${count(read)} flows` : `a sample of ${count(read)} flows`;
  return `${sample}, ${ago(ageSeconds + sinceSeconds)}`;
}

function ranking(title: string, topFlows: readonly TopFlowJson[]): Tag {
  const head = [title, 'flows', 'share'].map((text, i) =>
    tag('th', { scope: 'col', class: i === 0 ? undefined : 'number' }, text),
  );
  return tag('table', {}, tag('thead', {}, tag('tr', {}, ...head)), tag('tbody', {}, ...topFlows.map(topFlowRow)));
}

function topFlowRow({ address, flows, share, low, high }: TopFlowJson): Tag {
  const error = (high - low) / 2;
  const within = error < 0.0005 ? undefined : tag('span', { class: 'error' }, ` ±${(error * 100).toFixed(1)}`);
  return tag(
    'tr',
    {},
    tag('th', { scope: 'row', class: 'address' }, address),
    tag('td', { class: 'number' }, countOr(flows)),
    tag('td', { class: 'number' }, percent(share), within),
  );
}
