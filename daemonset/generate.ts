/** Writes the PrometheusRule out of alerts/: `npm run daemonset`. The rules file goes in as it is, comments included. */
import { readFileSync, writeFileSync } from 'node:fs';

const RULES = new URL('../alerts/conntrack.rules.yaml', import.meta.url);
export const PROMETHEUS_RULE = new URL('components/prometheus-operator/prometheusrule.yaml', import.meta.url);

const HEAD = `# Made from alerts/conntrack.rules.yaml by \`npm run daemonset\`; change that file.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: conntrack-agent
  namespace: conntrack-agent
  labels:
    app.kubernetes.io/name: conntrack-agent
spec:
`;

export function prometheusRule(): string {
  const lines = readFileSync(RULES, 'utf8').trimEnd().split('\n');
  return `${HEAD}${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`;
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) writeFileSync(PROMETHEUS_RULE, prometheusRule());
