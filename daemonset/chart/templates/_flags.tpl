{{/* Made from daemonset/helm/flags.ts by `npm run daemonset`; change that. */}}

{{/* Numbers as the agent reads them: printed by itself, 1000000 would be 1e+06. */}}
{{- define "conntrack-agent.text" -}}
{{- kindIs "string" . | ternary . (toJson .) -}}
{{- end }}

{{/* Items of the agent's args. A flag that has its default is left out. */}}
{{- define "conntrack-agent.args" -}}
{{- if and (.Values.flows.enabled) (ne (include "conntrack-agent.text" .Values.flows.sampleSize) "20000") }}
- {{ printf "--flows.sample-size=%s" (include "conntrack-agent.text" .Values.flows.sampleSize) | quote }}
{{- end }}
{{- if and (.Values.flows.enabled) (ne (include "conntrack-agent.text" .Values.flows.schedule) "*/30 * * * * *") }}
- {{ printf "--flows.schedule=%s" (include "conntrack-agent.text" .Values.flows.schedule) | quote }}
{{- end }}
{{- if and (or .Values.flows.enabled .Values.netns.enabled) (ne (include "conntrack-agent.text" .Values.flows.top) "20") }}
- {{ printf "--flows.top=%s" (include "conntrack-agent.text" .Values.flows.top) | quote }}
{{- end }}
{{- with .Values.alertmanager }}
{{- range .urls }}
- {{ printf "--alertmanager.url=%s" . | quote }}
{{- end }}
{{- range $name, $value := .externalLabels }}
- {{ printf "--alertmanager.external-label=%s=%s" $name $value | quote }}
{{- end }}
{{- if not .keepAlive }}
- --no-alertmanager.keep-alive
{{- end }}
{{- with .username }}
- {{ printf "--alertmanager.basic-auth.username=%s" . | quote }}
{{- end }}
{{- with .caKey }}
- {{ printf "--alertmanager.ca-file=/etc/conntrack-agent/alertmanager/%s" . | quote }}
{{- end }}
{{- with .bearerTokenKey }}
- {{ printf "--alertmanager.bearer-token-file=/etc/conntrack-agent/alertmanager/%s" . | quote }}
{{- end }}
{{- with .passwordKey }}
- {{ printf "--alertmanager.basic-auth.password-file=/etc/conntrack-agent/alertmanager/%s" . | quote }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.alarms }}
- {{ printf "--alarm.%s=%s" (kebabcase $name) (include "conntrack-agent.text" $value) | quote }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ quote . }}
{{- end }}
{{- end }}

{{/* A line for each threshold out of its range, which the schema sees of numbers alone, and for each pair in the wrong order. */}}
{{- define "conntrack-agent.alarmConflicts" -}}
{{- $value := get .Values.alarms "highUsage" | toString | float64 }}
{{- if and (hasKey .Values.alarms "highUsage") (or (lt $value (float64 0.1)) (gt $value (float64 1))) }}
alarms.highUsage: expected a number from 0.1 to 1, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "clearMargin" | toString | float64 }}
{{- if and (hasKey .Values.alarms "clearMargin") (or (lt $value (float64 0)) (gt $value (float64 0.5))) }}
alarms.clearMargin: expected a number from 0 to 0.5, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "highTimeShare" | toString | float64 }}
{{- if and (hasKey .Values.alarms "highTimeShare") (or (lt $value (float64 0.01)) (gt $value (float64 1))) }}
alarms.highTimeShare: expected a number from 0.01 to 1, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "sustainedUsage" | toString | float64 }}
{{- if and (hasKey .Values.alarms "sustainedUsage") (or (lt $value (float64 0.1)) (gt $value (float64 1))) }}
alarms.sustainedUsage: expected a number from 0.1 to 1, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "sustainedTimeShare" | toString | float64 }}
{{- if and (hasKey .Values.alarms "sustainedTimeShare") (or (lt $value (float64 0.01)) (gt $value (float64 1))) }}
alarms.sustainedTimeShare: expected a number from 0.01 to 1, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "nearlyFullUsage" | toString | float64 }}
{{- if and (hasKey .Values.alarms "nearlyFullUsage") (or (lt $value (float64 0.1)) (gt $value (float64 1))) }}
alarms.nearlyFullUsage: expected a number from 0.1 to 1, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "newLevelShare" | toString | float64 }}
{{- if and (hasKey .Values.alarms "newLevelShare") (or (lt $value (float64 0)) (gt $value (float64 0.9))) }}
alarms.newLevelShare: expected a number from 0 to 0.9, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "insertFailures" | toString | float64 }}
{{- if and (hasKey .Values.alarms "insertFailures") (or (lt $value (float64 0.001)) (gt $value (float64 1000000))) }}
alarms.insertFailures: expected a number from 0.001 to 1000000, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "snatPortsExhausted" | toString | float64 }}
{{- if and (hasKey .Values.alarms "snatPortsExhausted") (or (lt $value (float64 0.001)) (gt $value (float64 1000000))) }}
alarms.snatPortsExhausted: expected a number from 0.001 to 1000000, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "snatPortsUsed" | toString | float64 }}
{{- if and (hasKey .Values.alarms "snatPortsUsed") (or (lt $value (float64 0.1)) (gt $value (float64 1))) }}
alarms.snatPortsUsed: expected a number from 0.1 to 1, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "dropsBelowLimit" | toString | float64 }}
{{- if and (hasKey .Values.alarms "dropsBelowLimit") (or (lt $value (float64 0.001)) (gt $value (float64 1000000))) }}
alarms.dropsBelowLimit: expected a number from 0.001 to 1000000, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "entriesPerBucket" | toString | float64 }}
{{- if and (hasKey .Values.alarms "entriesPerBucket") (or (lt $value (float64 0.1)) (gt $value (float64 1000))) }}
alarms.entriesPerBucket: expected a number from 0.1 to 1000, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "invalidPackets" | toString | float64 }}
{{- if and (hasKey .Values.alarms "invalidPackets") (or (lt $value (float64 0.1)) (gt $value (float64 10000000))) }}
alarms.invalidPackets: expected a number from 0.1 to 10000000, got {{ $value }}
{{- end }}
{{- $value := get .Values.alarms "cloudAllowanceAvailable" | toString | float64 }}
{{- if and (hasKey .Values.alarms "cloudAllowanceAvailable") (or (lt $value (float64 0)) (gt $value (float64 10000000))) }}
alarms.cloudAllowanceAvailable: expected a number from 0 to 10000000, got {{ $value }}
{{- end }}
{{- if ge (ternary (get .Values.alarms "clearMargin") 0.05 (hasKey .Values.alarms "clearMargin") | float64) (ternary (get .Values.alarms "highUsage") 0.9 (hasKey .Values.alarms "highUsage") | float64) }}
alarms.clearMargin: expected less than alarms.highUsage, or an alarm would never end, or come in the wrong order
{{- end }}
{{- if ge (ternary (get .Values.alarms "clearMargin") 0.05 (hasKey .Values.alarms "clearMargin") | float64) (ternary (get .Values.alarms "sustainedUsage") 0.8 (hasKey .Values.alarms "sustainedUsage") | float64) }}
alarms.clearMargin: expected less than alarms.sustainedUsage, or an alarm would never end, or come in the wrong order
{{- end }}
{{- if ge (ternary (get .Values.alarms "highUsage") 0.9 (hasKey .Values.alarms "highUsage") | float64) (ternary (get .Values.alarms "nearlyFullUsage") 0.95 (hasKey .Values.alarms "nearlyFullUsage") | float64) }}
alarms.highUsage: expected less than alarms.nearlyFullUsage, or an alarm would never end, or come in the wrong order
{{- end }}
{{- end }}
