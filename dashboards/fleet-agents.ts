/** Whether the pictures above can be believed. */
import type { Row } from './board.ts';
import { CRITICAL, FINE, WARNING } from './colours.ts';
import { countOf, OF_CLUSTER } from './expressions.ts';
import { asMark, inColour } from './fields.ts';
import { table, timeseries } from './panels.ts';
import { mark } from './thresholds.ts';

/** Targets by whether they answer: those of a job named after the agent, and those that were one within the last day. */
const answering = (value: 0 | 1) => `
  (up{job=~".*conntrack-agent.*", ${OF_CLUSTER}} == ${value})
    or (up{${OF_CLUSTER}} == ${value} and on (job, instance) last_over_time(conntrack_agent_build_info{${OF_CLUSTER}}[1d]))`;

const ANSWERING = timeseries({
  title: 'Do all agents answer?',
  description:
    'Agents by whether they answered the last scrape. One that stops while its table is full has lost its connection: see --web.keep-alive.',
  unit: 'short',
  queries: [
    { expr: `count(${answering(1)})`, legend: 'answering' },
    { expr: countOf(answering(0), answering(1)), legend: 'not answering' },
  ],
})
  .decimals(0)
  .overrideByName('answering', inColour(FINE))
  .overrideByName('not answering', inColour(CRITICAL));

const up = `node:conntrack_agent_source_up:max{${OF_CLUSTER}}`;
const netns = `node:conntrack_agent_in_host_netns:min{${OF_CLUSTER}}`;

const BLIND = timeseries({
  title: 'Is any agent blind?',
  description:
    'Nodes by what their agent cannot see. Without counters losses are unknown (stock Ubuntu kernels: grant NET_ADMIN); in a wrong namespace everything is.',
  unit: 'short',
  queries: [
    { expr: countOf(`${netns} == 0`, up), legend: 'wrong network namespace' },
    { expr: countOf(`${up.replace('}', ', source=~"entries|limit"}')} == 0`, up), legend: 'no entries or limit' },
    { expr: countOf(`${up.replace('}', ', source="counters"}')} == 0`, up), legend: 'no counters' },
  ],
})
  .decimals(0)
  .overrideByName('wrong network namespace', inColour(CRITICAL))
  .overrideByName('no entries or limit', inColour(WARNING))
  .overrideByName('no counters', inColour(FINE));

const LAG = timeseries({
  title: 'Are samples taken in time?',
  description:
    'How late the latest sample was, of the slowest agent. A burst shorter than that may go unseen: give agents more processor time.',
  unit: 's',
  queries: [
    { expr: `max(node:conntrack_agent_sample_lag_seconds:max{${OF_CLUSTER}})`, legend: 'latest of all' },
    { expr: mark('sample_lag_seconds'), legend: 'mark' },
  ],
}).overrideByName('mark', asMark());

const VERSIONS = table({
  title: 'Versions',
  description: 'What is running where. More than one row for longer than a rollout takes means that it is stuck.',
  queries: [
    {
      expr: `count by (version, revision, node_version) (conntrack_agent_build_info{${OF_CLUSTER}})`,
      legend: 'Agents',
    },
  ],
  labels: { version: 'Version', revision: 'Revision', node_version: 'Node.js' },
});

export const ROWS: readonly Row[] = [
  {
    height: 7,
    panels: [
      [6, ANSWERING],
      [6, BLIND],
      [6, LAG],
      [6, VERSIONS],
    ],
  },
];
