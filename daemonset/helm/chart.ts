/** Every file of the chart that is made; the others are its helpers, NOTES.txt and the NetworkPolicy, which only the chart has. */
import { readRelease } from '../release/release.ts';
import { flagsTemplate } from './flags.ts';
import { ownKeysTemplate } from './own-keys.ts';
import { chartReadme } from './readme.ts';
import { dashboardsTemplate, prometheusRuleTemplate } from './shared-templates.ts';
import {
  daemonSetTemplate,
  namespaceTemplate,
  podMonitorTemplate,
  resourceQuotaTemplate,
  sccTemplate,
  serviceAccountTemplate,
} from './templates.ts';
import { schemaFile, valuesFile } from './values-file.ts';

const FILES: Readonly<Record<string, () => string>> = {
  'Chart.yaml': chartFile,
  'values.yaml': valuesFile,
  'values.schema.json': schemaFile,
  'README.md': chartReadme,
  'templates/_flags.tpl': flagsTemplate,
  'templates/_own-keys.tpl': ownKeysTemplate,
  'templates/namespace.yaml': namespaceTemplate,
  'templates/resourcequota.yaml': resourceQuotaTemplate,
  'templates/serviceaccount.yaml': serviceAccountTemplate,
  'templates/daemonset.yaml': daemonSetTemplate,
  'templates/podmonitor.yaml': podMonitorTemplate,
  'templates/prometheusrule.yaml': prometheusRuleTemplate,
  'templates/dashboards.yaml': dashboardsTemplate,
  'templates/securitycontextconstraints.yaml': sccTemplate,
};

export const CHART_FILES = Object.entries(FILES).map(([name, text]) => ({
  name: `chart/${name}`,
  file: new URL(`../chart/${name}`, import.meta.url),
  text,
}));

function chartFile(): string {
  const { application, chart, kubernetes } = readRelease();
  const [oldest] = kubernetes.split(' - ');
  return `# Made from the file RELEASE by \`npm run daemonset\`; change that.
apiVersion: v2
name: conntrack-agent
description: "Watches the connection-tracking table of every node: how full, when full, what is lost and why"
type: application
version: ${chart}
appVersion: ${application}
kubeVersion: ">=${oldest}.0-0"
home: https://github.com/conntrack-agent/conntrack-agent
icon: https://raw.githubusercontent.com/conntrack-agent/conntrack-agent/v${application}/src/web/browser/icon.svg
sources:
  - https://github.com/conntrack-agent/conntrack-agent
keywords: [conntrack, netfilter, prometheus, exporter, kubernetes]
maintainers:
  - name: conntrack-agent
    url: https://github.com/conntrack-agent
annotations:
  artifacthub.io/license: Apache-2.0
`;
}
