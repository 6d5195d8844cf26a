/** What a kube-state-metrics of one cluster would say of the pods and services that the flow samples find. */
import { addressText } from '../src/model/text/address.ts';
import { PODS, podAddress, SERVICES } from './simulated-flows.ts';
import type { SimulatedNode } from './timeline.ts';

const WORKLOADS = ['frontend', 'cart', 'checkout', 'search', 'payments', 'reviews', 'mail', 'reports'] as const;
const NAMES: readonly (readonly [namespace: string, service: string, address: number])[] = [
  ['kube-system', 'kube-dns', SERVICES.dns],
  ['shop', 'web', SERVICES.web],
  ['shop', 'database', SERVICES.database],
];

/** Text exposition. Only nodes with a flow sample: of the others no address is ever seen. */
export function kubeStateText(nodes: readonly SimulatedNode[]): string {
  const pods = nodes.filter(({ flows }) => flows !== undefined).flatMap(podsOf);
  const services = NAMES.map(([namespace, service, address]) => {
    return line('kube_service_info', { namespace, service, cluster_ip: ipText(address) });
  });
  return [...family('kube_pod_info', 'pod'), ...pods, ...family('kube_service_info', 'service'), ...services, ''].join(
    '\n',
  );
}

function podsOf(node: SimulatedNode): string[] {
  return WORKLOADS.slice(0, PODS).map((workload, i) => {
    const pod = `${workload}-${node.index.toString(36).padStart(4, '0')}`;
    return line('kube_pod_info', { namespace: 'shop', pod, node: node.name, pod_ip: ipText(podAddress(node, i + 1)) });
  });
}

function family(name: string, what: string): string[] {
  return [`# HELP ${name} Information about ${what}.`, `# TYPE ${name} gauge`];
}

function line(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(',')}} 1`;
}

function ipText(address: number): string {
  return addressText([0, 0, 0, address, 0], 'ipv4');
}
