{{/* Names, labels and the image of the release. Flags are in _flags.tpl, what excludes each other in _check.tpl. */}}

{{- define "conntrack-agent.fullname" -}}
{{- $name := contains "conntrack-agent" .Release.Name | ternary .Release.Name (printf "%s-conntrack-agent" .Release.Name) -}}
{{- .Values.fullnameOverride | default $name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* Helm's own default, `default`, is no place for an agent; the manifests have a namespace of its own. */}}
{{- define "conntrack-agent.namespace" -}}
{{- $release := eq .Release.Namespace "default" | ternary "conntrack-agent" .Release.Namespace -}}
{{- .Values.namespaceOverride | default $release -}}
{{- end }}

{{/* Not empty where the namespace is one of the objects. */}}
{{- define "conntrack-agent.createsNamespace" -}}
{{- $isOurs := and (eq .Release.Namespace "default") (not .Values.namespaceOverride) -}}
{{- if or (eq .Values.createNamespace "always") (and (eq .Values.createNamespace "auto") $isOurs) -}}yes{{- end -}}
{{- end }}

{{/* Not empty where pods of a class of the system may need a quota that names it. kube-system has such pods and, where it takes one, a quota. */}}
{{- define "conntrack-agent.needsQuota" -}}
{{- $isSystem := has .Values.priorityClassName (list "system-node-critical" "system-cluster-critical") -}}
{{- if and $isSystem (ne (include "conntrack-agent.namespace" .) "kube-system") -}}yes{{- end -}}
{{- end }}

{{- define "conntrack-agent.createsQuota" -}}
{{- if and .Values.resourceQuota.enabled (include "conntrack-agent.needsQuota" .) -}}yes{{- end -}}
{{- end }}

{{/* For what is no namespace's: no two releases may share it. */}}
{{- define "conntrack-agent.clusterName" -}}
{{- $names := list (include "conntrack-agent.namespace" .) (include "conntrack-agent.fullname" .) | uniq -}}
{{- join "-" $names -}}
{{- end }}

{{- define "conntrack-agent.serviceAccountName" -}}
{{- $name := .Values.serviceAccount.create | ternary (include "conntrack-agent.fullname" .) "default" -}}
{{- .Values.serviceAccount.name | default $name -}}
{{- end }}

{{- define "conntrack-agent.selectorLabels" -}}
app.kubernetes.io/name: conntrack-agent
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "conntrack-agent.ownLabels" -}}
{{ include "conntrack-agent.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: agent
app.kubernetes.io/part-of: conntrack-agent
{{- end }}

{{- define "conntrack-agent.podLabels" -}}
{{ include "conntrack-agent.ownLabels" . }}
{{- with .Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "conntrack-agent.labels" -}}
{{ include "conntrack-agent.ownLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
{{- end }}

{{- define "conntrack-agent.image" -}}
{{- with .Values.image -}}
{{- with .registry }}{{ . }}/{{ end }}{{ .repository }}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end }}
