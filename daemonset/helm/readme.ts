/** README.md of the chart. */
import { readRelease } from '../release/release.ts';
import { valueTable } from './values-file.ts';

export function chartReadme(): string {
  const { application, chart, prometheus, kubernetes } = readRelease();
  return `# Helm chart of conntrack-agent

<!-- Made from daemonset/helm by \`npm run daemonset\`; change that. -->

Chart ${chart}, application ${application}; for Kubernetes ${kubernetes.replace(' - ', ' to ')}, rules for Prometheus ${prometheus} or later. It makes
the same objects as \`kubectl apply -k daemonset/\`, from the same manifests; [daemonset/](../README.md) says what each part adds and costs.

\`\`\`sh
helm install conntrack-agent daemonset/chart
helm install conntrack-agent daemonset/chart -n monitoring --set podMonitor.enabled=true,prometheusRule.enabled=true
helm upgrade conntrack-agent daemonset/chart --reset-then-reuse-values --set alarms.highUsage=0.8
helm uninstall conntrack-agent
\`\`\`

A release in the namespace \`default\`, as by the first line, gets the namespace \`conntrack-agent\`, with the Pod Security level that it
needs. Elsewhere the namespace is yours: \`kubectl label namespace NAME pod-security.kubernetes.io/enforce=privileged\` where the cluster
enforces a lower level. With it comes a ResourceQuota that admits pods of the class \`system-node-critical\`, without which GKE Standard runs
no agent; set \`resourceQuota.enabled=false\` where you may not create quotas. \`helm upgrade\` replaces 10 % of the pods at a time. Before \`helm uninstall\`, undo \`untracked\`.

With kube-prometheus-stack, \`podMonitor.additionalLabels.release\` and \`prometheusRule.additionalLabels.release\` are the name of its
release: its Prometheus selects by them, unless \`podMonitorSelectorNilUsesHelmValues\` and \`ruleSelectorNilUsesHelmValues\` are false.

## Values

Unknown keys and values outside their range are refused, and so are values that exclude each other.

${valueTable()}
`;
}
