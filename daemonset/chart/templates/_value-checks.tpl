{{/* What one value may be, where JSON Schema cannot say it: the checks that the agent makes of its flags, by the table of _flags.tpl. */}}

{{/* A whole number without leading zeros, which would make it octal. */}}
{{- define "conntrack-agent.int" -}}
{{- regexReplaceAll "^0+([0-9])" . "${1}" -}}
{{- end }}

{{/* A duration such as 1m30s in milliseconds. */}}
{{- define "conntrack-agent.milliseconds" -}}
{{- $units := include "conntrack-agent.units" . | fromJson -}}
{{- $sum := 0 -}}
{{- range $part := regexFindAll "[0-9]+[a-z]+" . -1 -}}
{{- $count := include "conntrack-agent.int" (regexFind "^[0-9]+" $part) | int64 -}}
{{- $sum = add $sum (mul $count (get $units (regexFind "[a-z]+$" $part) | int64)) -}}
{{- end -}}
{{- $sum -}}
{{- end }}

{{/* Anything where the text is a value of that shape. */}}
{{- define "conntrack-agent.isOfShape" -}}
{{- $text := .text -}}
{{- with .shape -}}
{{- if eq .kind "pattern" -}}
{{- if and (regexMatch .pattern $text) (not (and .unlike (regexMatch (.unlike | default "^$") $text))) -}}yes{{- end -}}
{{- else if eq .kind "duration" -}}
{{- if regexMatch "^([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$" $text -}}
{{- $ms := include "conntrack-agent.milliseconds" $text | int64 -}}
{{- if and (ge $ms (int64 .from)) (le $ms (int64 .to)) -}}yes{{- end -}}
{{- end -}}
{{- else if eq .kind "whole" -}}
{{- if regexMatch "^[0-9]{1,15}$" $text -}}
{{- $number := include "conntrack-agent.int" $text | int64 -}}
{{- if and (ge $number (int64 .from)) (le $number (int64 .to)) -}}yes{{- end -}}
{{- end -}}
{{- else if eq .kind "decimal" -}}
{{- if regexMatch "^[0-9]{1,9}(\\.[0-9]{1,9})?$" $text -}}
{{- if and (ge (float64 $text) .from) (le (float64 $text) .to) -}}yes{{- end -}}
{{- end -}}
{{- else if eq .kind "cron" -}}
{{- include "conntrack-agent.isSchedule" (dict "text" $text "ranges" .fields) -}}
{{- else -}}
{{- if $text -}}yes{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Anything where the text is a cron schedule: 6 fields with seconds first, or 5 without. */}}
{{- define "conntrack-agent.isSchedule" -}}
{{- $fields := regexSplit "\\s+" (trim .text) -1 -}}
{{- $ranges := .ranges -}}
{{- $isRight := or (eq (len $fields) 5) (eq (len $fields) 6) -}}
{{- if $isRight -}}
{{- range $i, $field := $fields -}}
{{- $range := index $ranges (add $i (sub 6 (len $fields)) | int) -}}
{{- range $item := splitList "," $field -}}
{{- if not (regexMatch "^(\\*|[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2})(/[0-9]{1,2})?$" $item) -}}{{- $isRight = false -}}
{{- else if regexMatch "^[0-9]+/|/0+$" $item -}}{{- $isRight = false -}}
{{- else if not (hasPrefix "*" $item) -}}
{{- $ends := splitList "/" $item | first | splitList "-" -}}
{{- $from := include "conntrack-agent.int" (first $ends) | int64 -}}
{{- $to := include "conntrack-agent.int" (last $ends) | int64 -}}
{{- if or (lt $from (index $range 0 | int64)) (lt $to $from) (gt $to (index $range 1 | int64)) -}}{{- $isRight = false -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $isRight -}}yes{{- end -}}
{{- end }}

{{/* A line for each flag that the agent would refuse at its start. */}}
{{- define "conntrack-agent.flagProblems" -}}
{{- $flags := include "conntrack-agent.flags" . | fromJson -}}
{{- $listen := printf ":%d" (int .Values.port) -}}
{{- $seen := dict (printf "web.listen-address=%s" $listen) true -}}
{{- range $arg := include "conntrack-agent.ownArgs" . | trim | fromYamlArray -}}
{{- $name := regexFind "^[^=]+" (trimPrefix "--" $arg) -}}
{{- $row := get $flags $name -}}
{{- if and $row (contains "=" $arg) -}}
{{- include "conntrack-agent.valueProblem" (dict "row" $row "as" $row.value "text" (trimPrefix (printf "--%s=" $name) $arg)) -}}
{{- end -}}
{{- end -}}
{{- range $arg := .Values.extraArgs -}}
{{- $name := regexFind "^[^=]+" (trimPrefix "--" $arg) -}}
{{- $isNegated := and (not (hasKey $flags $name)) (hasPrefix "no-" $name) -}}
{{- $key := $isNegated | ternary (trimPrefix "no-" $name) $name -}}
{{- $row := get $flags $key | default dict -}}
{{- $text := trimPrefix (printf "--%s=" $name) $arg -}}
{{- $hasText := contains "=" $arg -}}
{{- $once := eq ($row.kind | default "") "list" | ternary (printf "%s=%s" $key $text) $key -}}
{{- if or (not $row) (and $isNegated (or (ne $row.kind "switch") $hasText)) }}
extraArgs: expected flags of the agent, got {{ quote $arg }}; conntrack-agent --help lists them
{{- else if $row.isOfFlows }}
extraArgs: --{{ $key }} belongs to the command flows; leave it out
{{- else if $row.isFixed }}
extraArgs: --{{ $key }} is set by the chart, since the probes rely on it; leave it out
{{- else if $row.value }}
extraArgs: expected {{ $row.value }} in place of --{{ $key }}, which it sets
{{- else if and (not $hasText) (ne $row.kind "switch") }}
extraArgs: expected --{{ $key }}=VALUE, got {{ quote $arg }}
{{- else if hasKey $seen $once }}
extraArgs: expected --{{ $once }} once, got it twice
{{- else if $hasText -}}
{{- include "conntrack-agent.valueProblem" (dict "row" $row "as" (printf "extraArgs: --%s" $key) "text" $text) -}}
{{- end -}}
{{- $_ := set $seen $once true -}}
{{- end -}}
{{- end }}

{{- define "conntrack-agent.valueProblem" -}}
{{- $row := .row -}}
{{- if not (include "conntrack-agent.isOfShape" (dict "shape" $row.shape "text" .text)) }}
{{ .as }}: expected {{ $row.expected }}, got {{ eq $row.shape.kind "decimal" | ternary .text (quote .text) }}
{{- end -}}
{{- end }}

{{/* The value of a flag among extraArgs; the agent's default where it is not there. */}}
{{- define "conntrack-agent.extraFlag" -}}
{{- $found := get (get (include "conntrack-agent.flags" . | fromJson) .flag) "fallback" -}}
{{- $prefix := printf "--%s=" .flag -}}
{{- range .args -}}
{{- if hasPrefix $prefix . -}}{{- $found = trimPrefix $prefix . -}}{{- end -}}
{{- end -}}
{{- $found -}}
{{- end }}
