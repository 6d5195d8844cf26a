/** Templates of the objects that carry other files whole, the rules and the dashboards. The chart has those as links in files/. */
import { dashboardHead, RULE_INTERVAL, ruleHead } from '../manifest-files.ts';
import { named, onlyIf, text, textOf, withMore } from './edits.ts';
import { treeOf } from './tree.ts';

/** The groups that judge the agents are evaluated as often as the agents are scraped; the text is that of prometheusrule.yaml. */
export function prometheusRuleTemplate(): string {
  const object = treeOf(ruleHead());
  named(object);
  withMore(object, 'metadata.labels', '.Values.prometheusRule.additionalLabels');
  const spec = [
    'spec:',
    '{{- $file := .Files.Get "files/prometheusrule.yaml" }}',
    '{{- $interval := printf "interval: %q" .Values.podMonitor.interval }}',
    `{{- index (splitList "\\nspec:\\n" $file) 1 | trim | replace "interval: ${RULE_INTERVAL}" $interval | nindent 2 }}`,
  ];
  return onlyIf('.Values.prometheusRule.enabled', `${textOf(object)}${spec.join('\n')}\n`);
}

/** One ConfigMap for each dashboard, named as its file. `with $` makes `.` the release again within the loop. */
export function dashboardsTemplate(): string {
  const object = treeOf(dashboardHead('x'));
  named(object);
  text(object, 'metadata.name', '{{ base $path | trimSuffix ".json" | quote }}');
  withMore(object, 'metadata.labels', '.Values.grafanaDashboards.labels');
  withMore(object, 'metadata.annotations', '.Values.grafanaDashboards.annotations');
  const data = ['data:', '  {{ base $path }}: |', '    {{- .Files.Get $path | trim | nindent 4 }}'];
  const each = `{{- with $ }}\n---\n${textOf(object)}${data.join('\n')}\n{{- end }}\n`;
  return onlyIf(
    '.Values.grafanaDashboards.enabled',
    `{{- range $path, $_ := .Files.Glob "files/*.json" }}\n${each}{{- end }}\n`,
  );
}
