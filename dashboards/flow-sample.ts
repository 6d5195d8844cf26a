/** How the flow samples are doing, and how far to believe them. */
import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import { QUIET, WARNING } from './colours.ts';
import { OF_NODE } from './expressions.ts';
import { absent, steps } from './fields.ts';
import { stat, timeseries } from './panels.ts';

const STALE_SECONDS = 300;

export const SAMPLED = stat({
  title: 'Nodes with a flow sample',
  description:
    'Nodes, of those chosen above, whose agent takes flow samples. None: switch them on, see the last panel.',
  unit: 'short',
  queries: [{ expr: `count(max by (cluster, node) (conntrack_flow_sample_age_seconds{${OF_NODE}}))`, legend: 'nodes' }],
})
  .decimals(0)
  .noValue('none: switched off')
  .mappings([absent('none: switched off')])
  .textMode(BigValueTextMode.Value);

export const MARGIN = stat({
  title: 'Margin of error',
  description:
    'How far off a share may be in 95 % of cases, on the worst node. 0: every flow was read. A larger --flows.sample-size makes it smaller.',
  unit: 'percentunit',
  queries: [{ expr: `max(conntrack_flow_sample_margin_ratio{${OF_NODE}})`, legend: 'margin of error' }],
})
  .decimals(1)
  .textMode(BigValueTextMode.Value);

export const AGE = stat({
  title: 'Oldest flow sample',
  description:
    'A flow sample is skipped while the node is short of memory or time: then these are old numbers. The log of the agent says why.',
  unit: 's',
  queries: [{ expr: `max(conntrack_flow_sample_age_seconds{${OF_NODE}})`, legend: 'age' }],
})
  .thresholds(steps(QUIET, [STALE_SECONDS, WARNING]))
  .textMode(BigValueTextMode.Value);

export const RELIABLE = timeseries({
  title: 'Are flow samples taken?',
  description:
    'Flow samples that failed or were skipped, a second. Failures: the capability NET_ADMIN is missing. Skips: the node is too busy to be asked.',
  unit: 'cps',
  queries: [
    { expr: `sum(rate(conntrack_flow_sample_failures_total{${OF_NODE}}[$__rate_interval]))`, legend: 'failed' },
    { expr: `sum(rate(conntrack_flow_sample_skipped_total{${OF_NODE}}[$__rate_interval]))`, legend: 'skipped' },
  ],
});

export const COST = timeseries({
  title: 'What does a flow sample cost?',
  description:
    'Time of the longest, on any node chosen. It does not grow with the table unless --flows.sample-size is 0.',
  unit: 's',
  queries: [{ expr: `max(conntrack_flow_sample_duration_seconds{${OF_NODE}})`, legend: 'longest' }],
});
