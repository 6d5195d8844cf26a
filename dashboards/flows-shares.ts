/** What kind of flows they are, by the shares and states of the flow samples. */
import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import { SERIES, UNKNOWN } from './colours.ts';
import { byNode, OF_NODE } from './expressions.ts';
import { inColour } from './fields.ts';
import { stacked, stat, timeseries } from './panels.ts';
import { entries } from './table-series.ts';

const shareByNode = (of: string) => byNode(`conntrack_flow_share{of="${of}", ${OF_NODE}}`);

/** Share of all flows of the nodes chosen, each node weighing as much as it has entries. */
const share = (of: string) => `
  sum(${shareByNode(of)} * on (cluster, node) ${entries(OF_NODE)})
    / sum(${entries(OF_NODE)} and on (cluster, node) ${shareByNode(of)})`;

function shareOf(title: string, of: string, description: string) {
  return stat({ title, description, unit: 'percentunit', queries: [{ expr: share(of), legend: of }] })
    .decimals(1)
    .textMode(BigValueTextMode.Value);
}

export const UNREPLIED = shareOf(
  'Unreplied',
  'unreplied',
  'Share of flows that saw no answer. High: a flood, a scan, or a service that is down.',
);

export const IDLE = shareOf(
  'Idle for over an hour',
  'idle_1h',
  'Share of flows that are established TCP without a packet for an hour: shorten the timeout of TCP established.',
);

export const TRANSLATED = shareOf(
  'Translated',
  'nat',
  'Share of flows with an address translated. Near 0 where kube-proxy or masquerading should be at work is a fault.',
);

/** The usual ones, in colours of their own. */
const KNOWN_STATES = [
  'tcp established',
  'udp unreplied',
  'tcp syn_sent',
  'tcp time_wait',
  'udp replied',
  'tcp close_wait',
];

/** What fills the tables besides flows. */
const EXPIRED = 'expired, still counted';

export const STATES = timeseries({
  title: 'Which flows fill the tables?',
  description:
    'Flows by protocol and state. Much "unreplied" is a scan, a flood or a dead service; much "time_wait" are short connections: have clients keep them.',
  unit: 'short',
  queries: [
    {
      expr: `sum by (protocol, state) (conntrack_flows{${OF_NODE}})`,
      legend: '{{protocol}} {{state}}',
    },
    { expr: `sum(conntrack_flows_expired{${OF_NODE}}) > 0`, legend: EXPIRED },
  ],
})
  .lineWidth(1)
  .fillOpacity(60)
  .stacking(stacked());
STATES.overrideByName(EXPIRED, inColour(UNKNOWN));
KNOWN_STATES.forEach((state, i) => {
  STATES.overrideByName(state, inColour(SERIES[i]!));
});

export const UNUSED = timeseries({
  title: 'How much of it is of no use?',
  description:
    'Shares of all flows. Established TCP that is idle for hours is held by timeouts alone: shorten them. Unreplied flows are the first that the kernel evicts.',
  unit: 'percentunit',
  queries: [
    { expr: share('unreplied'), legend: 'unreplied' },
    { expr: share('idle_10m'), legend: 'TCP idle over 10 min' },
    { expr: share('idle_1h'), legend: 'TCP idle over 1 h' },
    { expr: share('idle_1d'), legend: 'TCP idle over 1 day' },
  ],
});
