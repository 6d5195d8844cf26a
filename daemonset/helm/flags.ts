/** _flags.tpl: the values that are flags of the agent, by the names that the agent itself has for them. */
import type { Option } from '../../src/config/option-values.ts';
import { OPTIONS } from '../../src/config/options.ts';
import {
  THRESHOLD_ENTRIES,
  THRESHOLD_ORDER,
  THRESHOLDS,
  type ThresholdRow,
  thresholdValue,
} from '../../src/model/thresholds.ts';
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

{{/* A line for each threshold out of its range, which the schema sees of numbers alone, and for each pair in the wrong order. */}}
{{- define "conntrack-agent.alarmConflicts" -}}
${THRESHOLD_ENTRIES.filter(([, { kind }]) => kind !== 'duration')
  .map(([, row]) => rangeLines(row))
  .join('\n')}
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

/** Helm takes a fraction given by `--set` for a text, and the schema has no range for texts. */
function rangeLines({ flag, from, to }: ThresholdRow): string {
  const name = valueNameOf(flag);
  return [
    `{{- $value := get .Values.alarms "${name}" | toString | float64 }}`,
    `{{- if and (hasKey .Values.alarms "${name}") (or (lt $value (float64 ${from})) (gt $value (float64 ${to}))) }}`,
    `alarms.${name}: expected a number from ${from} to ${to}, got {{ $value }}`,
    '{{- end }}',
  ].join('\n');
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
