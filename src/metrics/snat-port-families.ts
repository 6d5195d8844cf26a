import type { FlowSample } from '../model/flow-sample.ts';
import type { Family, Scalar, Series } from './family.ts';

export const SNAT_PORTS = {
  name: 'conntrack_snat_ports_used_ratio',
  type: 'gauge',
  labels: ['address', 'destination', 'port', 'protocol'],
  help: 'Ports that source NAT uses from one address to one destination and port, as a share of those it can use: the ten highest of the last flow sample',
} as const satisfies Family;

export const SNAT_PORTS_MARGIN = {
  name: 'conntrack_snat_ports_margin_ratio',
  type: 'gauge',
  help: 'Margin of error of conntrack_snat_ports_used_ratio in 95 % of cases, of the highest; 0 when the flow sample is complete',
  value: (flowSample) => flowSample && marginOf(flowSample),
} as const satisfies Scalar<FlowSample | undefined>;

/** At most ten. */
export function snatPortSeries(flowSample: FlowSample | undefined): Series<(typeof SNAT_PORTS)['labels'][number]>[] {
  return (flowSample?.snatPorts ?? []).map(({ address, destination, port, protocol, share }) => {
    return { labels: { address, destination, port: String(port), protocol }, value: share };
  });
}

function marginOf({ snatPorts: [highest] }: FlowSample): number | undefined {
  return highest && Math.max(highest.share - highest.low, highest.high - highest.share);
}
