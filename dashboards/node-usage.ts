/** First screen of the node's dashboard: how full, since when, and when it will be full. */
import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import type { Row } from './board.ts';
import { CRITICAL, MARK, QUIET, SERIES, WARNING } from './colours.ts';
import { OF_AGENT, OF_NODE } from './expressions.ts';
import { absent, asMark, FULL_NOW, inColour, NOT_FILLING, PACKETS_PER_SECOND, steps } from './fields.ts';
import { stat, timeseries } from './panels.ts';
import { STATE_MAPPINGS, STATES, trouble } from './states.ts';
import { mark, threshold } from './thresholds.ts';

const HIGH = threshold('high_usage');
const NEARLY_FULL = threshold('nearly_full_usage');
const TIME_TO_ACT = threshold('time_to_act_seconds');

const several = '{{cluster}} {{node}}';

const STATE = stat({
  title: 'What is wrong?',
  description: 'The worst alert that fires for this node. Each has a runbook in docs/runbooks, named like the alert.',
  unit: 'short',
  queries: [{ expr: trouble(OF_NODE), legend: several }],
})
  .mappings([absent('no agent, or no rules'), ...STATE_MAPPINGS])
  .thresholds(steps(WARNING, [STATES.length - 1, CRITICAL]))
  .textMode(BigValueTextMode.Value)
  .noValue('no agent, or no rules');

const PEAK = stat({
  title: 'Peak of the last minute',
  description: `Highest share of the limit, of ten samples a second. From ${NEARLY_FULL * 100} % the kernel evicts entries: raise the limit or find out who fills the table.`,
  unit: 'percentunit',
  queries: [{ expr: `node:conntrack_usage_peak:ratio{${OF_NODE}}`, legend: several }],
})
  .decimals(1)
  .thresholds(steps(QUIET, [HIGH, WARNING], [NEARLY_FULL, CRITICAL]))
  .textMode(BigValueTextMode.Value);

const FULL_IN = stat({
  title: 'Full in',
  description:
    'At the growth of the last minute. Below 15 minutes somebody should look now; "not filling" is what it should say.',
  unit: 's',
  queries: [{ expr: `node:conntrack_time_to_full:min{${OF_NODE}}`, legend: several }],
})
  .mappings([absent(), FULL_NOW, NOT_FILLING])
  .thresholds(steps(CRITICAL, [1, WARNING], [TIME_TO_ACT, QUIET]))
  .textMode(BigValueTextMode.Value);

const REFUSED = stat({
  title: 'Connections refused, 3 min',
  description:
    'Packets of new connections dropped for want of room in the last three minutes. Anything but 0 is an outage: make room.',
  unit: 'short',
  queries: [{ expr: `node:conntrack_table_full_drops:increase3m{${OF_NODE}}`, legend: several }],
})
  .decimals(0)
  .thresholds(steps(QUIET, [Number.MIN_VALUE, CRITICAL]))
  .textMode(BigValueTextMode.Value);

const RACES = stat({
  title: 'Lost in races',
  description:
    'Packets a second lost because two of one new flow raced, mostly DNS. More room will not help: use a DNS cache on the node.',
  unit: PACKETS_PER_SECOND,
  queries: [{ expr: `node:conntrack_races_lost:rate10m{${OF_NODE}}`, legend: several }],
})
  .thresholds(steps(QUIET, [threshold('insert_failures_per_second'), WARNING]))
  .textMode(BigValueTextMode.Value);

const ROOM = stat({
  title: 'Room left',
  description: 'Entries that still fit at the worst moment of the last minute.',
  unit: 'short',
  queries: [{ expr: `node:conntrack_headroom:entries{${OF_NODE}}`, legend: several }],
})
  .decimals(1)
  .thresholds(steps(CRITICAL, [1, QUIET]))
  .textMode(BigValueTextMode.Value);

const LIMIT = `node:conntrack_entries_limit:max{${OF_NODE}}`;

const EXPECTED = `clamp_min(
  node:conntrack_entries:max{${OF_NODE}}
    + node:conntrack_growth:max{${OF_NODE}} * scalar(${mark('time_to_act_seconds')}), 0)`;

/** Not far above the limit, or a flood would press everything else flat. */
const FORECAST = `(${EXPECTED} <= 1.1 * ${LIMIT}) or (1.1 * ${LIMIT} and ${EXPECTED})`;

const ENTRIES = timeseries({
  title: 'How full is it, and where is it going?',
  description:
    'Where the dashed forecast meets the limit, the table will be full in 15 minutes if nothing changes. Peaks far above the entries are bursts that scrapes do not see.',
  unit: 'short',
  queries: [
    { expr: `node:conntrack_entries:max{${OF_NODE}}`, legend: 'entries' },
    { expr: `node:conntrack_entries_peak:max{${OF_NODE}}`, legend: 'peak of the minute' },
    { expr: FORECAST, legend: 'forecast for 15 min later' },
    { expr: LIMIT, legend: 'limit' },
    {
      expr: `${LIMIT} * scalar(${mark('high_usage')})`,
      legend: 'mark: high',
    },
  ],
})
  .fillOpacity(0)
  .overrideByName('entries', [{ id: 'custom.fillOpacity', value: 20 }, ...inColour(SERIES[0])])
  .overrideByName('peak of the minute', inColour(SERIES[3]))
  .overrideByName('forecast for 15 min later', [...asMark(SERIES[5]), { id: 'custom.lineWidth', value: 2 }])
  .overrideByName('limit', [...inColour(CRITICAL), { id: 'custom.lineWidth', value: 2 }])
  .overrideByName('mark: high', asMark(MARK));

const above = (le: string) => `1 - (
  sum by (cluster) (rate(conntrack_usage_ratio_bucket{le="${le}", ${OF_AGENT}}[$__rate_interval]))
    / sum by (cluster) (rate(conntrack_usage_ratio_count{${OF_AGENT}}[$__rate_interval])))`;

const TIME_ABOVE = timeseries({
  title: 'How long was it above 75, 90, 95 %?',
  description:
    'Share of the time, of ten samples a second. A table that is above 90 % for a fifth of the time needs a higher limit or shorter timeouts.',
  unit: 'percentunit',
  queries: [
    { expr: above('0.75'), legend: 'above 75 %' },
    { expr: above(String(HIGH)), legend: `above ${HIGH * 100} %` },
    { expr: above(String(NEARLY_FULL)), legend: `above ${NEARLY_FULL * 100} %` },
  ],
})
  .max(1)
  .fillOpacity(25);

export const ROWS: readonly Row[] = [
  {
    height: 4,
    panels: [
      [5, STATE],
      [4, PEAK],
      [4, FULL_IN],
      [4, REFUSED],
      [3, RACES],
      [4, ROOM],
    ],
  },
  {
    height: 10,
    panels: [
      [16, ENTRIES],
      [8, TIME_ABOVE],
    ],
  },
];
