/** Numbers at the top of the fleet's dashboard: how many nodes are in which state. */
import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import type { AlarmId } from '../src/model/alarms/alarms.ts';
import { CRITICAL, QUIET, WARNING } from './colours.ts';
import { countOf, OF_FLEET } from './expressions.ts';
import { absent, FULL_NOW, NOT_FILLING, steps } from './fields.ts';
import { stat } from './panels.ts';
import { hasAlarm, isAnswering, isRead, timeToFull } from './table-series.ts';
import { threshold } from './thresholds.ts';

const AGENTS = isAnswering(OF_FLEET);

function count(title: string, matching: string, colour: string, description: string) {
  return stat({ title, description, unit: 'short', queries: [{ expr: countOf(matching, AGENTS), legend: 'nodes' }] })
    .decimals(0)
    .thresholds(steps(QUIET, [1, colour]))
    .textMode(BigValueTextMode.Value);
}

const withAlarm = (...ids: readonly AlarmId[]) => hasAlarm(ids.join('|'), OF_FLEET);

const DROPPING = count(
  'Nodes dropping connections',
  withAlarm('table_full'),
  CRITICAL,
  'Their tables are full: new connections are dropped, DNS first. Begin with the first row of the table below.',
);

const NEARLY_FULL = count(
  'Nodes nearly full',
  withAlarm('table_nearly_full'),
  CRITICAL,
  'Where the kernel evicts entries, or high and full within minutes. Raise the limit or stop what fills the table, now.',
);

const FILLING = count(
  'Nodes filling up, or high',
  withAlarm('table_filling_up', 'table_high'),
  WARNING,
  'Full within minutes at the present growth, or often close to the limit. Find out who fills them before it is urgent.',
);

const NO_DATA = count(
  'Nodes without data',
  `(${withAlarm('no_data')}) or (${AGENTS} == 0)`,
  WARNING,
  'The agent does not answer, or does not see the table. A node that does not answer may be one whose table is full.',
);

const SOONEST = stat({
  title: 'First table full in',
  description:
    'The shortest forecast of all nodes. "not filling" is what it should say; below 15 minutes look at the table below.',
  unit: 's',
  queries: [{ expr: `min(${timeToFull(OF_FLEET)})`, legend: 'soonest' }],
})
  .mappings([absent(), FULL_NOW, NOT_FILLING])
  .thresholds(steps(CRITICAL, [1, WARNING], [threshold('timeToActMs'), QUIET]))
  .textMode(BigValueTextMode.Value);

const NONE = 'none: see About';

const WATCHED = stat({
  title: 'Nodes watched',
  description: 'Nodes whose table is seen now. Compare with the number of nodes that you have.',
  unit: 'short',
  queries: [{ expr: `count(${isRead('entries', OF_FLEET)} == 1)`, legend: 'nodes' }],
})
  .decimals(0)
  .noValue(NONE)
  .mappings([absent(NONE)])
  .textMode(BigValueTextMode.Value);

export const COUNTS = [DROPPING, NEARLY_FULL, FILLING, NO_DATA, SOONEST, WATCHED];
