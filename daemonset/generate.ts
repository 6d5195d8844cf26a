/**
 * `npm run daemonset`: writes the PrometheusRule out of alerts/, comments included, the ConfigMaps out of dashboards/, and Node's
 * flags wherever the agent is started.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { DASHBOARDS } from '../dashboards/generate.ts';
import { NODE_FLAGS } from '../src/model/node-flags.ts';

const RULES = new URL('../alerts/conntrack.rules.yaml', import.meta.url);

/** A file that is made, or a part of it, and what makes it. */
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
  ...['../Dockerfile', '../package.json', '../src/main.ts', 'systemd/conntrack-agent.service'].map((name) => {
    const file = new URL(name, import.meta.url);
    return { name, file, text: () => withNodeFlags(file) };
  }),
];

/** The flags side by side, as words of a command line or as strings of a list. */
const FLAGS = /--max-old-space-size=\d+("?,? "?)--max-semi-space-size=\d+/g;

function withNodeFlags(file: URL): string {
  const text = readFileSync(file, 'utf8');
  if (text.search(FLAGS) < 0) throw new Error(`Cannot set Node's flags in "${file.pathname}": it has none`);
  return text.replace(FLAGS, (_, between: string) => NODE_FLAGS.join(between));
}

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
