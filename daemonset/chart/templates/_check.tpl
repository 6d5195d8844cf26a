{{/* Values that are right one by one and do not go together: all of them at once. What one value may be is in values.schema.json. */}}
{{- define "conntrack-agent.check" -}}
{{- $found := list -}}
{{- with .Values -}}
{{- if not .hostNetwork -}}
{{- range $name, $isSet := dict "flows.enabled" .flows.enabled "netns.enabled" .netns.enabled "untracked.enabled" .untracked.enabled "untracked.undo" .untracked.undo -}}
{{- if $isSet -}}
{{- $found = append $found (printf "%s: expected hostNetwork true beside it, got false; it works in the node's network namespace alone" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .untracked.enabled .untracked.undo -}}
{{- $found = append $found "untracked.undo: contradicts untracked.enabled; set one of them" -}}
{{- end -}}
{{- if and .networkPolicy.enabled .hostNetwork -}}
{{- $found = append $found "networkPolicy.enabled: expected hostNetwork false beside it, got true; a NetworkPolicy does not see pods in the node's network namespace, use the node's firewall" -}}
{{- end -}}
{{- $am := .alertmanager -}}
{{- if not $am.urls -}}
{{- range $name, $value := omit $am "urls" "keepAlive" -}}
{{- if $value -}}{{- $found = append $found (printf "alertmanager.%s: expected alertmanager.urls beside it, got none" $name) -}}{{- end -}}
{{- end -}}
{{- if not $am.keepAlive -}}{{- $found = append $found "alertmanager.keepAlive: expected alertmanager.urls beside it, got none" -}}{{- end -}}
{{- end -}}
{{- if not $am.secretName -}}
{{- range $name := list "caKey" "bearerTokenKey" "passwordKey" "certKey" "keyKey" "headerKeys" -}}
{{- if get $am $name -}}{{- $found = append $found (printf "alertmanager.%s: expected alertmanager.secretName beside it, got none" $name) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if ne (empty $am.username) (empty $am.passwordKey) -}}
{{- $found = append $found "alertmanager.username, alertmanager.passwordKey: expected both or neither, got one" -}}
{{- end -}}
{{- if ne (empty $am.certKey) (empty $am.keyKey) -}}
{{- $found = append $found "alertmanager.certKey, alertmanager.keyKey: expected both or neither, got one" -}}
{{- end -}}
{{- if and $am.urls $am.certKey (not (contains "https://" (join " " $am.urls | lower))) -}}
{{- $found = append $found "alertmanager.certKey: expected an https URL in alertmanager.urls, got none" -}}
{{- end -}}
{{- if and $am.bearerTokenKey $am.passwordKey -}}
{{- $found = append $found "alertmanager.bearerTokenKey: contradicts alertmanager.passwordKey; set one of them" -}}
{{- end -}}
{{- end -}}
{{- $flags := include "conntrack-agent.flagProblems" . | trim -}}
{{- $headers := include "conntrack-agent.headerConflicts" . | trim -}}
{{- $objects := include "conntrack-agent.objectProblems" . | trim -}}
{{- $alarms := $flags | empty | ternary (include "conntrack-agent.alarmConflicts" .) "" | trim -}}
{{- range printf "%s\n%s\n%s\n%s" $flags $headers $objects $alarms | splitList "\n" -}}
{{- if trim . -}}{{- $found = append $found . -}}{{- end -}}
{{- end -}}
{{- if $found -}}
{{- fail (printf "Cannot use these values:\n- %s" (join "\n- " $found)) -}}
{{- end -}}
{{- end }}
