/** `npm run daemonset`: writes the PrometheusRule out of alerts/, comments included, and the ConfigMaps out of dashboards/. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DASHBOARDS } from '../dashboards/generate.ts';

const RULES = new URL('../alerts/conntrack.rules.yaml', import.meta.url);

/** A manifest of the components that is made, and what makes it. */
export type MadeManifest = { readonly name: string; readonly file: URL; readonly text: () => string };

export const MADE: readonly MadeManifest[] = [
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

const RULE_HEAD = `# Made from alerts/conntrack.rules.yaml by \`npm run daemonset\`; change that file.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: conntrack-agent
  namespace: conntrack-agent
  labels:
    app.kubernetes.io/name: conntrack-agent
spec:
`;

/** The operator's Prometheus evaluates every 30 s unless it is told; alarms in a gap of the scrapes need it as often as it scrapes. */
const AGENT_GROUPS = /^ {2}- name: conntrack-(table|losses|agents)\n/gm;
const INTERVAL = '    interval: 15s # as podmonitor.yaml scrapes\n';

export function prometheusRule(): string {
  const rules = readFileSync(RULES, 'utf8').replace(AGENT_GROUPS, `$&${INTERVAL}`);
  return `${RULE_HEAD}${indented(rules, 2)}`;
}

/** The label is what the sidecar of Grafana's Helm chart looks for; Flux would take the dashboard's variables for its own. */
function dashboardConfigMap(name: string, json: string): string {
  return `# Made from dashboards/*.ts by \`npm run daemonset\`; change those.
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  namespace: conntrack-agent
  labels:
    app.kubernetes.io/name: conntrack-agent
    grafana_dashboard: "1"
  annotations:
    kustomize.toolkit.fluxcd.io/substitute: disabled
data:
  ${name}.json: |
${indented(json, 4)}`;
}

function indented(text: string, by: number): string {
  const lines = text.trimEnd().split('\n');
  return `${lines.map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`)).join('\n')}\n`;
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) {
  for (const { file, text } of MADE) writeFileSync(file, text());
}
