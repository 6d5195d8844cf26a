/** What Prometheus is told of the fleet. */
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { SimulatedNode } from './timeline.ts';

export const RULES_FILE = fileURLToPath(new URL('../alerts/conntrack.rules.yaml', import.meta.url));

export type PrometheusConfigOptions = {
  /** Base of the fleet, `http://127.0.0.1:10400`. */
  readonly fleetUrl: string;
  readonly intervalSeconds: number;
  readonly rulesFile?: string;
  /** `host:port`; undefined where alerts go nowhere. */
  readonly alertmanager?: string | undefined;
};

/** A prometheus.yml. */
export function prometheusConfig(options: PrometheusConfigOptions): string {
  const { fleetUrl, intervalSeconds, rulesFile = RULES_FILE, alertmanager } = options;
  const interval = `${intervalSeconds}s`;
  return stringify({
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [rulesFile],
    ...(alertmanager && { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
    scrape_configs: [
      { job_name: 'conntrack-agent', http_sd_configs: [{ url: `${fleetUrl}/sd` }] },
      { job_name: 'kube-state-metrics', http_sd_configs: [{ url: `${fleetUrl}/sd/kube-state-metrics` }] },
      { job_name: 'netd', http_sd_configs: [{ url: `${fleetUrl}/sd/netd` }] },
    ],
  });
}

export type TargetGroup = { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> };

/** For http_sd_configs. All nodes are at one address, so each is told its own `instance`. */
export function targetsOf(nodes: readonly SimulatedNode[], address: string): TargetGroup[] {
  return nodes.map(({ name: node, cluster }) => ({
    targets: [address],
    labels: { __metrics_path__: `/nodes/${node}/metrics`, instance: `${node}:10098`, node, cluster },
  }));
}

/** One for each node, beside its agent. */
export function netdTargets(nodes: readonly SimulatedNode[], address: string): TargetGroup[] {
  return nodes.map(({ name: node, cluster }) => ({
    targets: [address],
    labels: { __metrics_path__: '/netd', instance: `${node}:10231`, node, cluster },
  }));
}

/** One for each cluster. */
export function kubeStateTargets(nodes: readonly SimulatedNode[], address: string): TargetGroup[] {
  const clusters = [...new Set(nodes.map(({ cluster }) => cluster))];
  return clusters.map((cluster) => ({
    targets: [address],
    labels: { __metrics_path__: `/clusters/${cluster}/kube-state-metrics`, instance: `${cluster}:8080`, cluster },
  }));
}
