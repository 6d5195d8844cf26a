/** First screen of the node's dashboard: how full, since when, and when it will be full. */
import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import type { Row } from './board.ts';
import { CRITICAL, QUIET, SERIES, WARNING } from './colours.ts';
import { byNode, OF_NODE } from './expressions.ts';
import { absent, asThreshold, FULL_NOW, inColour, NOT_FILLING, PACKETS_PER_SECOND, steps } from './fields.ts';
import { stat, timeseries } from './panels.ts';
import { FIRST_CRITICAL, STATE_MAPPINGS, stateAndUsage } from './states.ts';
import {
  entries,
  growth,
  headroom,
  insertFailures,
  limit,
  peak,
  tableFullDrops,
  timeToFull,
  usagePeak,
} from './table-series.ts';
import { threshold, thresholdSeries } from './thresholds.ts';

const HIGH = threshold('highUsage');
const NEARLY_FULL = threshold('nearlyFullUsage');
const TIME_TO_ACT = threshold('timeToActMs');

const several = '{{cluster}} {{node}}';

const STATE = stat({
  title: 'What is wrong?',
  description:
    'The worst alarm of this node that is active. Each has a runbook in docs/runbooks, named like the alert.',
  unit: 'short',
  queries: [{ expr: stateAndUsage(OF_NODE), legend: several }],
})
  .mappings([absent('no data'), ...STATE_MAPPINGS])
  .thresholds(steps(WARNING, [FIRST_CRITICAL, CRITICAL]))
  .textMode(BigValueTextMode.Value)
  .noValue('no data');

const PEAK = stat({
  title: 'Peak of the last minute',
  description: `Highest share of the limit, of ten samples a second. From ${NEARLY_FULL * 100} % the kernel evicts entries: raise the limit or find out who fills the table.`,
  unit: 'percentunit',
  queries: [{ expr: usagePeak(OF_NODE), legend: several }],
})
  .decimals(1)
  .thresholds(steps(QUIET, [HIGH, WARNING], [NEARLY_FULL, CRITICAL]))
  .textMode(BigValueTextMode.Value);

const FULL_IN = stat({
  title: 'Full in',
  description: 'At the present growth. Below 15 minutes somebody should look now; "not filling" is what it should say.',
  unit: 's',
  queries: [{ expr: timeToFull(OF_NODE), legend: several }],
})
  .mappings([absent(), FULL_NOW, NOT_FILLING])
  .thresholds(steps(CRITICAL, [1, WARNING], [TIME_TO_ACT, QUIET]))
  .textMode(BigValueTextMode.Value);

const DROPPED = stat({
  title: 'Dropped, 10 min',
  description:
    'Packets of new connections dropped in the last ten minutes because the table was full. Anything but 0 is an outage: make headroom.',
  unit: 'short',
  queries: [{ expr: tableFullDrops(OF_NODE), legend: several }],
})
  .decimals(0)
  .thresholds(steps(QUIET, [Number.MIN_VALUE, CRITICAL]))
  .textMode(BigValueTextMode.Value);

const FAILURES = stat({
  title: 'Insert failures',
  description:
    'Packets a second lost because two of one new flow raced. A higher limit does not help. The usual case to check is DNS: lookups that take 5 s need a DNS cache on the node.',
  unit: PACKETS_PER_SECOND,
  queries: [{ expr: insertFailures(OF_NODE), legend: several }],
})
  .thresholds(steps(QUIET, [threshold('insertFailuresPerSecond'), WARNING]))
  .textMode(BigValueTextMode.Value);

const HEADROOM = stat({
  title: 'Headroom',
  description: 'Entries that still fit at the worst moment of the last minute.',
  unit: 'short',
  queries: [{ expr: headroom(OF_NODE), legend: several }],
})
  .decimals(1)
  .thresholds(steps(CRITICAL, [1, QUIET]))
  .textMode(BigValueTextMode.Value);

const LIMIT = limit(OF_NODE);

const EXPECTED = `clamp_min(${entries(OF_NODE)} + ${growth(OF_NODE)} * ${TIME_TO_ACT}, 0)`;

/** Not far above the limit, or a flood would press everything else flat. */
const FORECAST = `(${EXPECTED} <= 1.1 * ${LIMIT}) or (1.1 * ${LIMIT} and ${EXPECTED})`;

const ENTRIES = timeseries({
  title: 'How full is it, and where is it going?',
  description:
    'Where the dashed forecast meets the limit, the table will be full in 15 minutes if nothing changes. Peaks far above the entries are bursts that scrapes do not see.',
  unit: 'short',
  queries: [
    { expr: entries(OF_NODE), legend: 'entries' },
    { expr: peak(OF_NODE), legend: 'peak of the minute' },
    { expr: FORECAST, legend: 'forecast for 15 min later' },
    { expr: LIMIT, legend: 'limit' },
    { expr: `${LIMIT} * ${byNode(thresholdSeries('highUsage', OF_NODE))}`, legend: 'threshold: high' },
  ],
})
  .fillOpacity(0)
  .overrideByName('entries', [{ id: 'custom.fillOpacity', value: 20 }, ...inColour(SERIES[0])])
  .overrideByName('peak of the minute', inColour(SERIES[3]))
  .overrideByName('forecast for 15 min later', [...asThreshold(SERIES[5]), { id: 'custom.lineWidth', value: 2 }])
  .overrideByName('limit', [...inColour(CRITICAL), { id: 'custom.lineWidth', value: 2 }])
  .overrideByName('threshold: high', asThreshold());

const above = (le: string) => `1 - (
  sum by (cluster) (rate(conntrack_usage_ratio_bucket{le="${le}", ${OF_NODE}}[$__rate_interval]))
    / sum by (cluster) (rate(conntrack_usage_ratio_count{${OF_NODE}}[$__rate_interval])))`;

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
      [4, DROPPED],
      [3, FAILURES],
      [4, HEADROOM],
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
