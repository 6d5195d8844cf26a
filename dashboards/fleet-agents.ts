/** Whether the pictures above can be believed. */
import type { Row } from './board.ts';
import { CRITICAL, FINE, WARNING } from './colours.ts';
import { countOf, OF_FLEET } from './expressions.ts';
import { asThreshold, inColour } from './fields.ts';
import { table, timeseries } from './panels.ts';
import { isAnswering, isInHostNetns, isRead, sampleLag } from './table-series.ts';
import { thresholdLine } from './thresholds.ts';

const AGENTS = isAnswering(OF_FLEET);

const ANSWERING = timeseries({
  title: 'Do all agents answer?',
  description:
    'Nodes by whether their agent answered the last scrape. One that stops while its table is full has lost its connection: see --web.keep-alive.',
  unit: 'short',
  queries: [
    { expr: countOf(`${AGENTS} == 1`, AGENTS), legend: 'answering' },
    { expr: countOf(`${AGENTS} == 0`, AGENTS), legend: 'not answering' },
  ],
})
  .decimals(0)
  .overrideByName('answering', inColour(FINE))
  .overrideByName('not answering', inColour(CRITICAL));

const answering = isRead('entries', OF_FLEET);
const unread = (source: string) => `${isRead(source, OF_FLEET)} == 0`;

const NO_DATA = timeseries({
  title: 'Which data is missing?',
  description:
    'Nodes by what their agent does not see. Without counters losses are unknown (stock Ubuntu kernels: grant NET_ADMIN); in a wrong namespace everything is.',
  unit: 'short',
  queries: [
    { expr: countOf(`${isInHostNetns(OF_FLEET)} == 0`, answering), legend: 'wrong network namespace' },
    {
      expr: countOf(`(${unread('entries')}) or (${unread('limit')})`, answering),
      legend: 'no entries or limit',
    },
    { expr: countOf(unread('counters'), answering), legend: 'no counters' },
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
    { expr: `max(${sampleLag(OF_FLEET)})`, legend: 'latest of all' },
    { expr: thresholdLine('sampleLagMs', OF_FLEET), legend: 'threshold' },
  ],
}).overrideByName('threshold', asThreshold());

const VERSIONS = table({
  title: 'Versions',
  description: 'What is running where. More than one row for longer than a rollout takes means that it is stuck.',
  queries: [
    {
      expr: `count by (version, revision, nodejs_version) (conntrack_agent_build_info{${OF_FLEET}})`,
      legend: 'Agents',
    },
  ],
  labels: { version: 'Version', revision: 'Revision', nodejs_version: 'Node.js' },
});

export const ROWS: readonly Row[] = [
  {
    height: 7,
    panels: [
      [6, ANSWERING],
      [6, NO_DATA],
      [6, LAG],
      [6, VERSIONS],
    ],
  },
];
