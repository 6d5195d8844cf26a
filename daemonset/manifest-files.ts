/** Manifests of the components that are made: the PrometheusRule out of alerts/, comments included, the ConfigMaps out of dashboards/. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { DASHBOARDS } from '../dashboards/generate.ts';
import { RELEASE } from '../src/model/release.ts';

const RULES = new URL('../alerts/conntrack.rules.yaml', import.meta.url);
const MONITOR = new URL('components/prometheus-operator/podmonitor.yaml', import.meta.url);

/** The operator's Prometheus evaluates every 30 s unless it is told; alarms in a gap of the scrapes need it as often as it scrapes. */
export const RULE_INTERVAL: string = parse(readFileSync(MONITOR, 'utf8')).spec.podMetricsEndpoints[0].interval;

const AGENT_GROUPS = /^ {2}- name: conntrack-(table|losses|agents)\n/gm;

/** A manifest of the components that is made, and what makes it. */
export type MadeFile = { readonly name: string; readonly file: URL; readonly text: () => string };

export const MANIFEST_FILES: readonly MadeFile[] = [
  {
    name: 'prometheusrule.yaml',
    file: new URL('components/prometheus-operator/prometheusrule.yaml', import.meta.url),
    text: prometheusRule,
  },
  ...DASHBOARDS.map(({ name, json }) => ({
    name: `${name}.yaml`,
    file: new URL(`components/grafana/${name}.yaml`, import.meta.url),
    text: () => dashboardConfigMap(name, json()),
  })),
];

const labels = (version: string) => `app.kubernetes.io/name: conntrack-agent
    app.kubernetes.io/instance: conntrack-agent
    app.kubernetes.io/version: ${version}
    app.kubernetes.io/component: agent
    app.kubernetes.io/part-of: conntrack-agent
    app.kubernetes.io/managed-by: kustomize`;

/** Everything before its `spec`. */
export function ruleHead(): string {
  return `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: conntrack-agent
  namespace: conntrack-agent
  labels:
    ${labels(RELEASE.rules)}
`;
}

export function prometheusRule(): string {
  const interval = `    interval: ${RULE_INTERVAL} # as podmonitor.yaml scrapes\n`;
  const rules = readFileSync(RULES, 'utf8').replace(AGENT_GROUPS, `$&${interval}`);
  return `# Made from alerts/conntrack.rules.yaml by \`npm run daemonset\`; change that file.
${ruleHead()}spec:
${indented(rules, 2)}`;
}

/** Everything before its `data`. Flux would take the dashboard's variables for its own. */
export function dashboardHead(name: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  namespace: conntrack-agent
  labels:
    ${labels(RELEASE.dashboards)}
  annotations:
    kustomize.toolkit.fluxcd.io/substitute: disabled
`;
}

/** The last label is what the sidecar of Grafana's Helm chart looks for. */
function dashboardConfigMap(name: string, json: string): string {
  const sidecar = '    grafana_dashboard: "1"\n  annotations:';
  return `# Made from dashboards/*.ts by \`npm run daemonset\`; change those.
${dashboardHead(name).replace('  annotations:', sidecar)}data:
  ${name}.json: |
${indented(json, 4)}`;
}

function indented(text: string, by: number): string {
  const lines = text.trimEnd().split('\n');
  return `${lines.map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`)).join('\n')}\n`;
}
