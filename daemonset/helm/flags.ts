/** _flags.tpl: the values that are flags of the agent, by the names that the agent itself has for them. */
import { RESERVED_HEADERS } from '../../src/config/alertmanager-flags.ts';
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
  ['certKey', OPTIONS.clientCertFile],
  ['keyKey', OPTIONS.clientKeyFile],
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

{{/* A line for each header that the agent refuses: one that it sets itself, and one that is given twice, in whatever case. */}}
{{- define "conntrack-agent.headerConflicts" -}}
${headerLines().join('\n')}
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
    '{{- range $name, $value := .headers }}',
    `- {{ printf "${flag(OPTIONS.alertHeaders)}=%s=%s" $name $value | quote }}`,
    '{{- end }}',
    '{{- range $name, $key := .headerKeys }}',
    `- {{ printf "${flag(OPTIONS.alertHeaderFiles)}=%s=${FOLDER}/%s" $name $key | quote }}`,
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

function headerLines(): string[] {
  return [
    '{{- $am := .Values.alertmanager }}',
    '{{- $names := concat (keys $am.headers) (keys $am.headerKeys) | sortAlpha }}',
    '{{- range $i, $name := $names }}',
    `{{- if has (lower $name) (list ${RESERVED_HEADERS.map((name) => JSON.stringify(name)).join(' ')}) }}`,
    'alertmanager.headers: expected none that the agent sets itself, got {{ $name | quote }}',
    '{{- end }}',
    `{{- if not (regexMatch "^[!#$%&'*+.^_|~0-9A-Za-z-]+$" $name) }}`,
    'alertmanager.headers: expected the name of a header, got {{ $name | quote }}',
    '{{- end }}',
    '{{- range $other := slice $names (add1 $i | int) }}',
    '{{- if eq (lower $other) (lower $name) }}',
    'alertmanager.headers, alertmanager.headerKeys: expected each name once, got {{ $other | quote }} twice',
    '{{- end }}',
    '{{- end }}',
    '{{- if and (eq (lower $name) "authorization") (or $am.bearerTokenKey $am.username) }}',
    'alertmanager.headers: {{ $name | quote }} contradicts alertmanager.bearerTokenKey and alertmanager.username, which set it',
    '{{- end }}',
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
