/** Whether the pictures above can be believed. */
import type { Row } from './board.ts';
import { CRITICAL, FINE, WARNING } from './colours.ts';
import { countOf, OF_FLEET } from './expressions.ts';
import { asThreshold, inColour, PACKETS_PER_SECOND } from './fields.ts';
import { table, timeseries } from './panels.ts';
import { cloudAvailable, cloudDrops, isAnswering, isInHostNetns, isRead, sampleLag } from './table-series.ts';
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

const CARRIERS = table({
  title: "Whose tables carry the pods' connections?",
  description:
    'Nodes by what carries them, as far as any user may see. On "bpf" the table means little: see cilium_bpf_map_pressure. "mixed" for long is a migration that has stopped.',
  queries: [
    {
      expr: `count by (carries, cni, proxy) (group by (cluster, node, carries, cni, proxy) (conntrack_agent_datapath_info{${OF_FLEET}}))`,
      legend: 'Nodes',
    },
  ],
  labels: { carries: 'Carried by', cni: 'Network plugin', proxy: 'Services' },
}).noValue('nothing shows of a network plugin');

const CLOUD_LEFT = timeseries({
  title: 'How much can the cloud still track?',
  description:
    'Connections left of the allowance of the instance, of the five nodes with the fewest. At 0 the cloud drops new ones, whatever headroom the table has: move load away. AWS only.',
  unit: 'short',
  queries: [{ expr: `bottomk(5, ${cloudAvailable(OF_FLEET)})`, legend: '{{node}}' }],
})
  .decimals(0)
  .noValue('no cloud that tells');

const CLOUD_DROPS = timeseries({
  title: 'Where does the cloud drop?',
  description:
    'Packets a second dropped beyond what the cloud tracks for the instance. A higher limit of the node does not help: a larger instance does. AWS only.',
  unit: PACKETS_PER_SECOND,
  queries: [{ expr: `topk(5, ${cloudDrops(OF_FLEET)} > 0)`, legend: '{{node}}' }],
}).noValue('none, or no cloud that tells');

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
  {
    height: 7,
    panels: [
      [10, CARRIERS],
      [7, CLOUD_LEFT],
      [7, CLOUD_DROPS],
    ],
  },
];
