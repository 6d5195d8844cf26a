import { count, percent } from '../../model/numbers.ts';
import type { CensusJson, StatusJson, TalkerJson } from '../../model/status-json.ts';
import { ago, type Moment } from './freshness.ts';
import { countOr } from './numbers.ts';
import { section } from './section.ts';
import { type Tag, tag } from './tag.ts';

type Taken = Extract<CensusJson, { state: 'taken' }>;

const TITLE = 'Who fills it';

/** The busiest sources and destinations of the last census, or how to have one taken. */
export function talkerSection({ census }: StatusJson, { ageSeconds }: Moment): Tag {
  if (census.state !== 'taken') {
    const { error, remedy } = census;
    const text = remedy === undefined ? error : `${error}. ${remedy}`;
    const once = [tag('code', {}, 'conntrack-agent flows'), ' on the node tells it once, also beside this agent'];
    return section('talkers', TITLE, '', tag('p', { class: 'empty' }, text), tag('p', { class: 'empty' }, ...once));
  }
  const { problem } = census;
  const trouble = problem && tag('p', { class: 'empty' }, `The latest census failed: ${problem.message}`);
  const lists = [ranking('Sources', census.sources), ranking('Destinations', census.destinations)];
  return section(
    'talkers',
    TITLE,
    sampleText(census, ageSeconds),
    tag('div', { class: 'rankings' }, ...lists),
    trouble,
  );
}

function sampleText({ isComplete, read, ageSeconds }: Taken, sinceSeconds: number): string {
  const sample = isComplete ? `all ${count(read)} flows` : `a sample of ${count(read)} flows`;
  return `${sample}, ${ago(ageSeconds + sinceSeconds)}`;
}

function ranking(title: string, talkers: readonly TalkerJson[]): Tag {
  const head = [title, 'flows', 'share'].map((text, i) =>
    tag('th', { scope: 'col', class: i === 0 ? undefined : 'number' }, text),
  );
  return tag('table', {}, tag('thead', {}, tag('tr', {}, ...head)), tag('tbody', {}, ...talkers.map(talkerRow)));
}

function talkerRow({ address, flows, share, low, high }: TalkerJson): Tag {
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
