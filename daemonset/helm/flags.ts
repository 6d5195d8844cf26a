/** _flags.tpl: the values that are flags of the agent, by the names that the agent itself has for them. */
import type { Option } from '../../src/config/option-values.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { THRESHOLD_ORDER, THRESHOLDS, thresholdValue } from '../../src/model/thresholds.ts';
import { valueNameOf } from './values/flags.ts';

const FOLDER = '/etc/conntrack-agent/alertmanager';

/** Of the flow sample; `flows.top` also says how many network namespaces are listed. */
const OF_FLOWS = [
  ['flows.sampleSize', OPTIONS.sampleSize, '.Values.flows.enabled'],
  ['flows.schedule', OPTIONS.flowsSchedule, '.Values.flows.enabled'],
  ['flows.top', OPTIONS.flowsTop, 'or .Values.flows.enabled .Values.netns.enabled'],
] as const;

/** Keys of the Secret for Alertmanager. */
const OF_FILES = [
  ['caKey', OPTIONS.caFile],
  ['bearerTokenKey', OPTIONS.bearerTokenFile],
  ['passwordKey', OPTIONS.passwordFile],
] as const;

export function flagsTemplate(): string {
  return `{{/* Made from daemonset/helm/flags.ts by \`npm run daemonset\`; change that. */}}

{{/* Numbers as the agent reads them: printed by itself, 1000000 would be 1e+06. */}}
{{- define "conntrack-agent.text" -}}
{{- kindIs "string" . | ternary . (toJson .) -}}
{{- end }}

{{/* Items of the agent's args. A flag that has its default is left out. */}}
{{- define "conntrack-agent.args" -}}
${[...flowLines(), ...alertmanagerLines()].join('\n')}
{{- range $name, $value := .Values.alarms }}
- {{ printf "--alarm.%s=%s" (kebabcase $name) (include "conntrack-agent.text" $value) | quote }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ quote . }}
{{- end }}
{{- end }}

{{/* A line for each pair of thresholds in the wrong order. */}}
{{- define "conntrack-agent.alarmConflicts" -}}
${THRESHOLD_ORDER.map(([lower, higher]) => orderLines(lower, higher)).join('\n')}
{{- end }}
`;
}

const flag = ({ flag }: Option) => `--${flag}`;

function flowLines(): string[] {
  return OF_FLOWS.flatMap(([name, option, when]) => [
    `{{- if and (${when}) (ne (include "conntrack-agent.text" .Values.${name}) ${JSON.stringify(option.fallback)}) }}`,
    `- {{ printf "${flag(option)}=%s" (include "conntrack-agent.text" .Values.${name}) | quote }}`,
    '{{- end }}',
  ]);
}

function alertmanagerLines(): string[] {
  const files = OF_FILES.flatMap(([key, option]) => [
    `{{- with .${key} }}`,
    `- {{ printf "${flag(option)}=${FOLDER}/%s" . | quote }}`,
    '{{- end }}',
  ]);
  return [
    '{{- with .Values.alertmanager }}',
    '{{- range .urls }}',
    `- {{ printf "${flag(OPTIONS.alertmanagerUrls)}=%s" . | quote }}`,
    '{{- end }}',
    '{{- range $name, $value := .externalLabels }}',
    `- {{ printf "${flag(OPTIONS.alertLabels)}=%s=%s" $name $value | quote }}`,
    '{{- end }}',
    '{{- if not .keepAlive }}',
    `- --no-${OPTIONS.keepAlive.flag}`,
    '{{- end }}',
    '{{- with .username }}',
    `- {{ printf "${flag(OPTIONS.basicAuthUsername)}=%s" . | quote }}`,
    '{{- end }}',
    ...files,
    '{{- end }}',
  ];
}

type Key = keyof typeof THRESHOLDS;

function orderLines(lower: Key, higher: Key): string {
  const [low, high] = [lower, higher].map((key) => valueNameOf(THRESHOLDS[key].flag));
  const read = (key: Key) => {
    const row = THRESHOLDS[key];
    const name = valueNameOf(row.flag);
    return `(ternary (get .Values.alarms "${name}") ${thresholdValue(row, row.fallback)} (hasKey .Values.alarms "${name}") | float64)`;
  };
  return [
    `{{- if ge ${read(lower)} ${read(higher)} }}`,
    `alarms.${low}: expected less than alarms.${high}, or an alarm would never end, or come in the wrong order`,
    '{{- end }}',
  ].join('\n');
}
