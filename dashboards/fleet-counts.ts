/** Numbers at the top of the fleet's dashboard: how many nodes are in which kind of trouble. */
import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import { CRITICAL, QUIET, WARNING } from './colours.ts';
import { countOf, OF_CLUSTER } from './expressions.ts';
import { absent, FULL_NOW, NOT_FILLING, steps } from './fields.ts';
import { stat } from './panels.ts';
import { countFiring } from './states.ts';
import { threshold } from './thresholds.ts';

const WATCHED = `node:conntrack_agent_source_up:max{${OF_CLUSTER}, source="entries"}`;

/** How many nodes an alert of these fires for. */
function nodesWith(title: string, alerts: readonly string[], colour: string, description: string) {
  return stat({
    title,
    description,
    unit: 'short',
    queries: [{ expr: countOf(countFiring(alerts), WATCHED), legend: 'nodes' }],
  })
    .decimals(0)
    .thresholds(steps(QUIET, [1, colour]))
    .textMode(BigValueTextMode.Value);
}

const LOSING = nodesWith(
  'Nodes losing connections',
  ['ConntrackTableFull'],
  CRITICAL,
  'Their tables are full: new connections are dropped, DNS first. Begin with the first row of the table below.',
);

const NEAR = nodesWith(
  'Nodes nearly full',
  ['ConntrackTableNearlyFull'],
  CRITICAL,
  'Where the kernel evicts entries, or high and full within minutes. Raise the limit or stop what fills the table, now.',
);

const FILLING = nodesWith(
  'Nodes filling up, or high',
  ['ConntrackTableFillingUp', 'ConntrackTableHigh'],
  WARNING,
  'Full within minutes at the present growth, or often close to the limit. Find out who fills them before it is urgent.',
);

const UNSEEN = nodesWith(
  'Nodes not seen',
  ['ConntrackAgentDown', 'ConntrackAgentBlind'],
  WARNING,
  'The agent does not answer, or does not see the table. A node that does not answer may be one whose table is full.',
);

const SOONEST = stat({
  title: 'First table full in',
  description:
    'The shortest forecast of all nodes. "not filling" is what it should say; below 15 minutes look at the table below.',
  unit: 's',
  queries: [{ expr: `min(node:conntrack_time_to_full:min{${OF_CLUSTER}})`, legend: 'soonest' }],
})
  .mappings([absent(), FULL_NOW, NOT_FILLING])
  .thresholds(steps(CRITICAL, [1, WARNING], [threshold('time_to_act_seconds'), QUIET]))
  .textMode(BigValueTextMode.Value);

const WATCHED_NODES = stat({
  title: 'Nodes watched',
  description: 'Nodes whose table is seen now. Compare with the number of nodes that you have.',
  unit: 'short',
  queries: [{ expr: `count(${WATCHED} == 1)`, legend: 'nodes' }],
})
  .decimals(0)
  .noValue('none: rules loaded?')
  .mappings([absent('none: rules loaded?')])
  .textMode(BigValueTextMode.Value);

export const COUNTS = [LOSING, NEAR, FILLING, UNSEEN, SOONEST, WATCHED_NODES];
