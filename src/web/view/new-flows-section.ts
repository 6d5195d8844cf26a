import type { NewFlowsJson, OpenerJson, StatusJson } from '../../model/status-json.ts';
import { count, percent, rate, roughly } from '../../model/text/numbers.ts';
import { ago, dataTable, type Freshness, section } from './section.ts';
import { type Tag, tag } from './tag.ts';

type Counted = Extract<NewFlowsJson, { state: 'counted' }>;
type Level = NonNullable<Counted['level']>;

const TITLE = 'New flows';

/** How many flows are opened a second, by whom, and whether that explains the entries. Nothing where they are not counted. */
export function newFlowsSection({ newFlows, table }: StatusJson, { ageSeconds }: Freshness): Tag | undefined {
  if (newFlows.state === 'off') return undefined;
  if (newFlows.state === 'waiting') {
    const { problem } = newFlows;
    const why =
      problem === undefined ? 'Not counted yet' : [problem.message, problem.remedy].filter(Boolean).join('. ');
    return section('new-flows', TITLE, '', tag('p', { class: 'empty' }, why));
  }
  const { sources, destinations, level } = newFlows;
  return section(
    'new-flows',
    TITLE,
    ago(newFlows.ageSeconds + ageSeconds),
    tag('p', { class: 'rate' }, rateText(newFlows)),
    level && tag('p', { class: 'note' }, levelText(level, table.secondsUntilFull === null)),
    tag('div', { class: 'rankings' }, openers('Opened by', sources), openers('Opened to', destinations)),
  );
}

function rateText({ perSecond, low, high, windowSeconds }: Counted): string {
  const range = `${rate(low)} to ${rate(high)} by chance`;
  return `${rate(perSecond)} a second (${range}), heard for ${windowSeconds.toFixed(1)} s`;
}

/** New flows times the time that each stays, against the entries; where they disagree, what is missing. */
function levelText(level: Level, isNotFilling: boolean): string {
  const { perSecond, meanResidenceSeconds, expected, shortLived, longLived, conclusion } = level;
  const product = `${rate(perSecond)} a second that stay ${roughly(meanResidenceSeconds)} each make ${count(expected)} entries`;
  const others = longLived === 0 ? '' : `; ${count(longLived)} more are open connections`;
  return `${product}, and ${count(shortLived)} are there${others}. ${conclusionText(conclusion, isNotFilling)}`;
}

/** Says nothing of the future beside a forecast that says that the table is not filling. */
function conclusionText(conclusion: Level['conclusion'], isNotFilling: boolean): string {
  switch (conclusion) {
    case 'agrees':
      return 'So the new flows of now explain the level.';
    case 'more_entries':
      return 'The new flows of now do not explain the others: they were opened before, or packets keep renewing them, or a rule keeps their opening from being told.';
    case 'fewer_entries':
      return isNotFilling
        ? 'Entries are missing: they are removed early, by a rule with a shorter timeout or by somebody who deletes them.'
        : 'Entries are missing: the rate has just risen and the table will fill further, or entries are removed early.';
  }
}

function openers(title: string, rows: readonly OpenerJson[]): Tag {
  const body = rows.map(({ address, perSecond, share }) =>
    tag(
      'tr',
      {},
      tag('th', { scope: 'row', class: 'address' }, address),
      tag('td', { class: 'number' }, rate(perSecond)),
      tag('td', { class: 'number' }, percent(share)),
    ),
  );
  return dataTable([title, 'a second', 'share'], body);
}
