{{/* Pairs of values that Kubernetes, the Prometheus operator or the agent relates: a line for each that one of them would refuse. */}}
{{- define "conntrack-agent.objectProblems" -}}
{{- include "conntrack-agent.reservedKeys" . -}}
{{- include "conntrack-agent.monitorProblems" . -}}
{{- include "conntrack-agent.resourceProblems" . -}}
{{- include "conntrack-agent.alertmanagerProblems" . -}}
{{- include "conntrack-agent.extraFlagProblems" . -}}
{{- with .Values -}}
{{- if and .hostNetwork (lt (int .port) 1024) (not .securityContext) }}
port: expected 1024 or more beside hostNetwork true, got {{ .port }}; the agent has no capability to take a privileged port of the node
{{- end -}}
{{- $strategy := .updateStrategy | default dict -}}
{{- $rolling := $strategy.rollingUpdate | default dict -}}
{{- $surge := regexMatch "^0*[1-9]" (toString ($rolling.maxSurge | default 0)) -}}
{{- $unavailable := regexMatch "^0*[1-9]" (toString ($rolling.maxUnavailable | default (ternary 0 1 (or $surge (hasKey $rolling "maxUnavailable"))))) -}}
{{- if ne ($strategy.type | default "RollingUpdate") "OnDelete" -}}
{{- if and $surge $unavailable }}
updateStrategy.rollingUpdate: expected either maxSurge or maxUnavailable, got {{ $rolling.maxSurge }} and {{ $rolling.maxUnavailable }}
{{- else if not (or $surge $unavailable) }}
updateStrategy.rollingUpdate: expected maxUnavailable or maxSurge above 0, got neither; no pod would be replaced
{{- else if and $surge .hostNetwork }}
updateStrategy.rollingUpdate.maxSurge: expected hostNetwork false beside it, got true; two pods cannot have the same port of a node
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Labels and annotations that the chart sets itself: a key that is twice in an object is refused by the API server, or one of both is lost. */}}
{{- define "conntrack-agent.reservedKeys" -}}
{{- $labels := include "conntrack-agent.labels" . | fromYaml -}}
{{- $podLabels := include "conntrack-agent.ownLabels" . | fromYaml -}}
{{- range $name, $both := dict "podLabels" (list .Values.podLabels $podLabels) "podMonitor.additionalLabels" (list .Values.podMonitor.additionalLabels $labels) "prometheusRule.additionalLabels" (list .Values.prometheusRule.additionalLabels $labels) "grafanaDashboards.labels" (list .Values.grafanaDashboards.labels $labels) "podAnnotations" (list .Values.podAnnotations (include "conntrack-agent.ownPodAnnotations" . | fromYaml)) "grafanaDashboards.annotations" (list .Values.grafanaDashboards.annotations (include "conntrack-agent.ownDashboardAnnotations" . | fromYaml)) -}}
{{- range $key, $value := first $both -}}
{{- if hasKey (last $both) $key }}
{{ $name }}: expected keys that the chart does not set, got {{ $key }} ({{ quote $value }}); leave it out: the chart sets it to {{ get (last $both) $key | quote }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.prometheusAnnotations -}}
{{- if hasKey .Values.podAnnotations "prometheus.io/scheme" }}{{- if not .Values.tls.enabled }}
podAnnotations: expected no prometheus.io/scheme beside prometheusAnnotations true, got {{ get .Values.podAnnotations "prometheus.io/scheme" | quote }}; leave it out: tls.enabled sets it
{{- end -}}{{- end -}}
{{- end -}}
{{- end }}

{{- define "conntrack-agent.monitorProblems" -}}
{{- with .Values -}}
{{- if or .podMonitor.enabled .prometheusRule.enabled -}}
{{- $interval := include "conntrack-agent.milliseconds" (toString .podMonitor.interval) | int64 -}}
{{- $timeout := include "conntrack-agent.milliseconds" (toString .podMonitor.scrapeTimeout) | int64 -}}
{{- $unscraped := get .alarms "unscraped" | default (include "conntrack-agent.extraFlag" (dict "flag" "alarm.unscraped" "args" list)) -}}
{{- $keepAlive := include "conntrack-agent.extraFlag" (dict "flag" "web.keep-alive" "args" .extraArgs) -}}
{{- if or (lt $interval 1000) (ge $interval 300000) }}
podMonitor.interval: expected 1s or more and less than 5m, got {{ .podMonitor.interval }}; Prometheus takes a series for ended 5m after its last sample
{{- end -}}
{{- if .podMonitor.enabled -}}
{{- if lt $timeout 1 }}
podMonitor.scrapeTimeout: expected more than 0s, got {{ .podMonitor.scrapeTimeout }}
{{- end -}}
{{- if gt $timeout $interval }}
podMonitor.scrapeTimeout: expected at most podMonitor.interval ({{ .podMonitor.interval }}), got {{ .podMonitor.scrapeTimeout }}; the operator would drop the PodMonitor. Shorten scrapeTimeout, or scrape less often
{{- end -}}
{{- if ge $interval (include "conntrack-agent.milliseconds" $unscraped | int64) }}
podMonitor.interval: expected less than alarms.unscraped ({{ $unscraped }}), got {{ .podMonitor.interval }}; the alarm no_scraper would never end
{{- end -}}
{{- if ge $interval (include "conntrack-agent.milliseconds" $keepAlive | int64) }}
podMonitor.interval: expected less than --web.keep-alive of extraArgs ({{ $keepAlive }}), got {{ .podMonitor.interval }}; each scrape would need a new connection, which a full table drops
{{- end -}}
{{- end -}}
{{- end -}}
{{- $path := include "conntrack-agent.extraFlag" (dict "flag" "web.telemetry-path" "args" .extraArgs) -}}
{{- if and (ne $path "/metrics") (or .podMonitor.enabled .prometheusAnnotations) }}
extraArgs: expected no --web.telemetry-path beside podMonitor.enabled or prometheusAnnotations, got {{ quote $path }}; they scrape /metrics
{{- end -}}
{{- end -}}
{{- end }}

{{/* A quantity of Kubernetes as a plain number. */}}
{{- define "conntrack-agent.quantity" -}}
{{- $text := include "conntrack-agent.text" . -}}
{{- $factors := dict "n" 1e-9 "u" 1e-6 "m" 1e-3 "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 "Ei" 1152921504606846976.0 -}}
{{- if regexMatch "^[0-9.]+[eE][+-]?[0-9]+$" $text -}}{{- float64 $text | printf "%g" -}}
{{- else -}}
{{- $suffix := regexFind "[a-zA-Z]*$" $text -}}
{{- mulf (trimSuffix $suffix $text | float64) (get $factors $suffix) | printf "%g" -}}
{{- end -}}
{{- end }}

{{- define "conntrack-agent.resourceProblems" -}}
{{- $resources := .Values.resources | default dict -}}
{{- $limits := $resources.limits | default dict -}}
{{- range $name, $request := $resources.requests | default dict -}}
{{- $limit := get $limits $name -}}
{{- if $limit -}}
{{- if gt (include "conntrack-agent.quantity" $request | float64) (include "conntrack-agent.quantity" $limit | float64) }}
resources.requests.{{ $name }}: expected at most resources.limits.{{ $name }} ({{ $limit }}), got {{ $request }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $least := include "conntrack-agent.leastMemory" . -}}
{{- if hasKey $limits "memory" -}}
{{- if lt (include "conntrack-agent.quantity" $limits.memory | float64) (include "conntrack-agent.quantity" $least | float64) }}
resources.limits.memory: expected {{ $least }} or more, got {{ $limits.memory }}; with its heap full the agent takes more than that, and the kernel would kill it
{{- end -}}
{{- end -}}
{{- end }}

{{- define "conntrack-agent.alertmanagerProblems" -}}
{{- $seen := dict -}}
{{- $hasTls := false -}}
{{- range .Values.alertmanager.urls -}}
{{- if hasPrefix "https:" (lower .) -}}{{- $hasTls = true -}}{{- end -}}
{{- $scheme := regexFind "^[^:]+" . | lower -}}
{{- $rest := trimPrefix (printf "%s://" (regexFind "^[^:]+" .)) . -}}
{{- $host := regexFind "^[^/]+" $rest | lower | replace " " "" -}}
{{- $host = regexReplaceAll ":0*([0-9]+)$" $host ":${1}" | trimSuffix (eq $scheme "https" | ternary ":443" ":80") -}}
{{- $path := trimPrefix (regexFind "^[^/]+" $rest) $rest | default "/" -}}
{{- $same := printf "%s://%s%s" $scheme $host $path -}}
{{- if hasKey $seen $same }}
alertmanager.urls: expected each once, got {{ quote . }} and {{ get $seen $same | quote }}
{{- end -}}
{{- $_ := set $seen $same . -}}
{{- end -}}
{{- if and .Values.alertmanager.urls .Values.alertmanager.caKey (not $hasTls) }}
alertmanager.caKey: expected an https URL in alertmanager.urls, got {{ first .Values.alertmanager.urls | quote }}
{{- end -}}
{{- end }}

{{/* Flags among extraArgs that the agent relates to others. */}}
{{- define "conntrack-agent.extraFlagProblems" -}}
{{- $args := .Values.extraArgs -}}
{{- $sample := include "conntrack-agent.extraFlag" (dict "flag" "sample.interval" "args" $args) -}}
{{- $window := include "conntrack-agent.extraFlag" (dict "flag" "sample.peak-window" "args" $args) -}}
{{- if lt (include "conntrack-agent.milliseconds" $window | int64) (include "conntrack-agent.milliseconds" $sample | int64) }}
extraArgs: expected --sample.peak-window no shorter than --sample.interval ({{ $sample }}), got {{ $window }}
{{- end -}}
{{- $isOff := or (has "--no-collector.counters" $args) (has "--collector.counters=false" $args) (has "--collector.counters=0" $args) -}}
{{- range $args -}}
{{- if and $isOff (hasPrefix "--collector.counters.via=" .) }}
extraArgs: {{ . }} contradicts --no-collector.counters
{{- end -}}
{{- if and (or (hasPrefix "--alertmanager." .) (hasPrefix "--no-alertmanager." .)) (not $.Values.alertmanager.urls) }}
extraArgs: expected alertmanager.urls beside {{ quote . }}, got none
{{- end -}}
{{- end -}}
{{- end }}
