/** _own-keys.tpl: annotations that the chart sets itself, out of the manifests, and what the agent needs of its container. */
import { LEAST_CONTAINER_MIB } from '../../src/config/v8-flags.ts';
import { dashboardHead } from '../manifest-files.ts';
import { textOf } from './edits.ts';
import { patchedDaemonSet, ported } from './templates.ts';
import { at, type MapTree, treeOf } from './tree.ts';

export function ownKeysTemplate(): string {
  const ofPods = at(patchedDaemonSet(), 'spec.template.metadata.annotations') as MapTree;
  const ofDashboards = at(treeOf(dashboardHead('x')), 'metadata.annotations') as MapTree;
  return `{{/* Made from the manifests of kustomize by \`npm run daemonset\`; change those. */}}
{{- define "conntrack-agent.ownPodAnnotations" }}
${ported(textOf(ofPods))}{{- end }}

{{- define "conntrack-agent.ownDashboardAnnotations" }}
${textOf(ofDashboards)}{{- end }}

{{/* The heap may grow to its limit, and Node itself takes the rest: src/config/v8-flags.ts. */}}
{{- define "conntrack-agent.leastMemory" -}}
${LEAST_CONTAINER_MIB}Mi
{{- end }}
`;
}
