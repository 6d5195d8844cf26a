{{/* Made from the manifests of kustomize by `npm run daemonset`; change those. */}}
{{- define "conntrack-agent.ownPodAnnotations" }}
# `kubectl exec` and `kubectl logs` without -c, also where an overlay adds a container.
kubectl.kubernetes.io/default-container: conntrack-agent
{{- if .Values.prometheusAnnotations }}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .Values.port | quote }}
prometheus.io/path: /metrics
{{- end }}
{{- if .Values.tls.enabled }}
prometheus.io/scheme: https
{{- end }}
{{- end }}

{{- define "conntrack-agent.ownDashboardAnnotations" }}
kustomize.toolkit.fluxcd.io/substitute: disabled
{{- end }}

{{/* The heap may grow to its limit, and Node itself takes the rest: src/config/v8-flags.ts. */}}
{{- define "conntrack-agent.leastMemory" -}}
144Mi
{{- end }}
