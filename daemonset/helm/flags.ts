/** _flags.tpl: the values that are flags of the agent, by the names and within the bounds that the agent itself has for them. */
import { RESERVED_HEADERS } from '../../src/config/alertmanager-flags.ts';
import { type Option, UNITS_MS } from '../../src/config/option-values.ts';
import { OPTION_ENTRIES, OPTIONS } from '../../src/config/options.ts';
import { THRESHOLD_ENTRIES, THRESHOLD_ORDER, THRESHOLDS, thresholdValue } from '../../src/model/alarms/thresholds.ts';
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

/** Flags that a value of the chart sets, by the name of that value. Each is refused among `extraArgs`, where it might be there twice. */
const VALUE_OF_FLAG: ReadonlyMap<Option, string> = new Map<Option, string>([
  ...OF_FLOWS.map(([name, option]) => [option, name] as const),
  ...OF_FILES.map(([key, option]) => [option, `alertmanager.${key}`] as const),
  ...THRESHOLD_ENTRIES.map(([key, { flag }]) => [OPTIONS[key], `alarms.${valueNameOf(flag)}`] as const),
  [OPTIONS.alertmanagerUrls, 'alertmanager.urls'],
  [OPTIONS.alertLabels, 'alertmanager.externalLabels'],
  [OPTIONS.alertHeaders, 'alertmanager.headers'],
  [OPTIONS.alertHeaderFiles, 'alertmanager.headerKeys'],
  [OPTIONS.keepAlive, 'alertmanager.keepAlive'],
  [OPTIONS.basicAuthUsername, 'alertmanager.username'],
  [OPTIONS.collectFlows, 'flows.enabled'],
  [OPTIONS.collectNetns, 'netns.enabled'],
  [OPTIONS.procRoot, 'hostNetwork'],
  [OPTIONS.untracked, 'untracked.enabled'],
  [OPTIONS.webConfigFile, 'tls.enabled'],
]);

/** The probes find the agent by its socket. */
const FIXED: readonly Option[] = [OPTIONS.socketPath];
const OF_THE_COMMAND_FLOWS: readonly Option[] = [OPTIONS.by, OPTIONS.whatIf, OPTIONS.watch, OPTIONS.json];

export function flagsTemplate(): string {
  return `{{/* Made from daemonset/helm/flags.ts by \`npm run daemonset\`; change that. */}}

{{/* Numbers as the agent reads them: printed by itself, 1000000 would be 1e+06. */}}
{{- define "conntrack-agent.text" -}}
{{- kindIs "string" . | ternary . (toJson .) -}}
{{- end }}

{{/* Items of the agent's args. A flag that has its default is left out. */}}
{{- define "conntrack-agent.args" -}}
{{ include "conntrack-agent.ownArgs" . }}
{{- range .Values.extraArgs }}
- {{ quote . }}
{{- end }}
{{- end }}

{{- define "conntrack-agent.ownArgs" -}}
${[...flowLines(), ...alertmanagerLines()].join('\n')}
{{- range $name, $value := .Values.alarms }}
- {{ printf "--alarm.%s=%s" (kebabcase $name) (include "conntrack-agent.text" $value) | quote }}
{{- end }}
{{- end }}

{{/* Every flag of the agent: what its value looks like, and the value of the chart that sets it. */}}
{{- define "conntrack-agent.flags" -}}
${JSON.stringify(Object.fromEntries(OPTION_ENTRIES.map(([, option]) => [option.flag, flagRow(option)])), undefined, 1)}
{{- end }}

{{/* Milliseconds of each unit of a duration. */}}
{{- define "conntrack-agent.units" -}}
${JSON.stringify(UNITS_MS)}
{{- end }}

{{/* A line for each header that the agent refuses: one that it sets itself, and one that is given twice, in whatever case. */}}
{{- define "conntrack-agent.headerConflicts" -}}
${headerLines().join('\n')}
{{- end }}

{{/* A line for each pair of thresholds in the wrong order. */}}
{{- define "conntrack-agent.alarmConflicts" -}}
${THRESHOLD_ORDER.map(([lower, higher]) => orderLines(lower, higher)).join('\n')}
{{- end }}
`;
}

const flag = ({ flag }: Option) => `--${flag}`;

function flagRow(option: Option): object {
  const { kind, value, fallback } = option;
  return {
    kind,
    expected: value.expected,
    fallback,
    value: VALUE_OF_FLAG.get(option),
    isFixed: FIXED.includes(option) || undefined,
    isOfFlows: OF_THE_COMMAND_FLOWS.includes(option) || undefined,
    shape: value.shape ?? { kind: 'text' },
  };
}

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
