/** How the census is doing, and how far to believe it. */
import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import { QUIET, WARNING } from './colours.ts';
import { OF_AGENT } from './expressions.ts';
import { absent, steps } from './fields.ts';
import { stat, timeseries } from './panels.ts';

const STALE_SECONDS = 300;

export const CENSUSES = stat({
  title: 'Nodes with a census',
  description:
    'Nodes, of those chosen above, whose agent counts flows. None: switch the census on, see the last panel.',
  unit: 'short',
  queries: [{ expr: `count(conntrack_census_age_seconds{${OF_AGENT}})`, legend: 'nodes' }],
})
  .decimals(0)
  .noValue('none: census is off')
  .mappings([absent('none: census is off')])
  .textMode(BigValueTextMode.Value);

export const ERROR = stat({
  title: 'Error of a share',
  description:
    'Most that a share is off in 95 % of cases, on the worst node. 0: every flow was counted. A larger --flows.budget makes it smaller.',
  unit: 'percentunit',
  queries: [{ expr: `max(conntrack_census_error_ratio{${OF_AGENT}})`, legend: 'error' }],
})
  .decimals(1)
  .textMode(BigValueTextMode.Value);

export const AGE = stat({
  title: 'Oldest census',
  description:
    'A census is skipped while the node is strained: then these are old numbers. The log of the agent says why.',
  unit: 's',
  queries: [{ expr: `max(conntrack_census_age_seconds{${OF_AGENT}})`, legend: 'age' }],
})
  .thresholds(steps(QUIET, [STALE_SECONDS, WARNING]))
  .textMode(BigValueTextMode.Value);

export const RELIABLE = timeseries({
  title: 'Is the census taken?',
  description:
    'Censuses that failed or were skipped, a second. Failures: the right NET_ADMIN is missing. Skips: the node is too busy to be asked.',
  unit: 'cps',
  queries: [
    { expr: `sum(rate(conntrack_census_failures_total{${OF_AGENT}}[$__rate_interval]))`, legend: 'failed' },
    { expr: `sum(rate(conntrack_census_skipped_total{${OF_AGENT}}[$__rate_interval]))`, legend: 'skipped' },
  ],
});

export const COST = timeseries({
  title: 'What does a census cost?',
  description: 'Time of the longest, on any node chosen. It does not grow with the table unless --flows.budget is 0.',
  unit: 's',
  queries: [{ expr: `max(conntrack_census_duration_seconds{${OF_AGENT}})`, legend: 'longest' }],
});
