{{/* Made from daemonset/helm/flags.ts by `npm run daemonset`; change that. */}}

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
{{- range $name, $value := .headers }}
- {{ printf "--alertmanager.header=%s=%s" $name $value | quote }}
{{- end }}
{{- range $name, $key := .headerKeys }}
- {{ printf "--alertmanager.header-file=%s=/etc/conntrack-agent/alertmanager/%s" $name $key | quote }}
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
{{- with .certKey }}
- {{ printf "--alertmanager.cert-file=/etc/conntrack-agent/alertmanager/%s" . | quote }}
{{- end }}
{{- with .keyKey }}
- {{ printf "--alertmanager.key-file=/etc/conntrack-agent/alertmanager/%s" . | quote }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.alarms }}
- {{ printf "--alarm.%s=%s" (kebabcase $name) (include "conntrack-agent.text" $value) | quote }}
{{- end }}
{{- end }}

{{/* Every flag of the agent: what its value looks like, and the value of the chart that sets it. */}}
{{- define "conntrack-agent.flags" -}}
{
 "path.procfs": {
  "kind": "single",
  "expected": "a path",
  "fallback": "/proc",
  "value": "hostNetwork",
  "shape": {
   "kind": "text"
  }
 },
 "web.listen-address": {
  "kind": "list",
  "expected": "host:port, [IPv6]:port or :port",
  "fallback": ":10098",
  "shape": {
   "kind": "pattern",
   "pattern": "^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}|\\[(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|:((:[0-9a-fA-F]{1,4}){1,7}|:)|([0-9a-fA-F]{1,4}:){1,1}(:[0-9a-fA-F]{1,4}){1,6}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,6}(:[0-9a-fA-F]{1,4}){1,1})\\]|([a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?\\.)*[0-9]*[a-zA-Z_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?))?:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})$"
  }
 },
 "web.socket": {
  "kind": "single",
  "expected": "an absolute path of at most 107 bytes, or nothing to turn it off",
  "fallback": "/run/conntrack-agent/agent.sock",
  "isFixed": true,
  "shape": {
   "kind": "text"
  }
 },
 "web.telemetry-path": {
  "kind": "single",
  "expected": "a path like /metrics, not under /-/ or /api/",
  "fallback": "/metrics",
  "shape": {
   "kind": "pattern",
   "pattern": "^(/[a-zA-Z0-9_-][a-zA-Z0-9._-]*)+$",
   "unlike": "^(?i:/-|/api)(/|$)"
  }
 },
 "web.keep-alive": {
  "kind": "single",
  "expected": "a duration from 1s to 1d",
  "fallback": "10m",
  "shape": {
   "kind": "duration",
   "from": 1000,
   "to": 86400000
  }
 },
 "web.untracked": {
  "kind": "switch",
  "expected": "true, false, 1 or 0",
  "fallback": "false",
  "value": "untracked.enabled",
  "shape": {
   "kind": "pattern",
   "pattern": "^(true|false|1|0)$"
  }
 },
 "web.config.file": {
  "kind": "single",
  "expected": "a path",
  "value": "tls.enabled",
  "shape": {
   "kind": "text"
  }
 },
 "web.allowed-host": {
  "kind": "list",
  "expected": "a host name, without scheme or port",
  "shape": {
   "kind": "pattern",
   "pattern": "^([a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?\\.)*[0-9]*[a-zA-Z_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?$"
  }
 },
 "sample.interval": {
  "kind": "single",
  "expected": "a duration from 10ms to 10s",
  "fallback": "100ms",
  "shape": {
   "kind": "duration",
   "from": 10,
   "to": 10000
  }
 },
 "sample.peak-window": {
  "kind": "single",
  "expected": "a duration from 1s to 1h",
  "fallback": "60s",
  "shape": {
   "kind": "duration",
   "from": 1000,
   "to": 3600000
  }
 },
 "node.name": {
  "kind": "single",
  "expected": "a name of letters, digits, \".\", \"_\" and \"-\"",
  "shape": {
   "kind": "pattern",
   "pattern": "^[a-zA-Z0-9._-]{1,253}$"
  }
 },
 "node.ip": {
  "kind": "single",
  "expected": "an IPv4 or IPv6 address",
  "shape": {
   "kind": "pattern",
   "pattern": "^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}|(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|:((:[0-9a-fA-F]{1,4}){1,7}|:)|([0-9a-fA-F]{1,4}:){1,1}(:[0-9a-fA-F]{1,4}){1,6}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,6}(:[0-9a-fA-F]{1,4}){1,1}))$"
  }
 },
 "log.level": {
  "kind": "single",
  "expected": "one of debug, info, warn, error",
  "fallback": "info",
  "shape": {
   "kind": "pattern",
   "pattern": "^(debug|info|warn|error)$"
  }
 },
 "log.format": {
  "kind": "single",
  "expected": "one of json, logfmt",
  "fallback": "json",
  "shape": {
   "kind": "pattern",
   "pattern": "^(json|logfmt)$"
  }
 },
 "collector.counters": {
  "kind": "switch",
  "expected": "true, false, 1 or 0",
  "fallback": "true",
  "shape": {
   "kind": "pattern",
   "pattern": "^(true|false|1|0)$"
  }
 },
 "collector.counters.via": {
  "kind": "single",
  "expected": "one of auto, ctnetlink, procfs",
  "fallback": "auto",
  "shape": {
   "kind": "pattern",
   "pattern": "^(auto|ctnetlink|procfs)$"
  }
 },
 "collector.timeouts": {
  "kind": "single",
  "expected": "one of common, all, none",
  "fallback": "common",
  "shape": {
   "kind": "pattern",
   "pattern": "^(common|all|none)$"
  }
 },
 "collector.kube-proxy": {
  "kind": "switch",
  "expected": "true, false, 1 or 0",
  "fallback": "false",
  "shape": {
   "kind": "pattern",
   "pattern": "^(true|false|1|0)$"
  }
 },
 "kube-proxy.address": {
  "kind": "single",
  "expected": "an IP address and a port, as in 127.0.0.1:10249",
  "fallback": "127.0.0.1:10249",
  "shape": {
   "kind": "pattern",
   "pattern": "^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}|\\[(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|:((:[0-9a-fA-F]{1,4}){1,7}|:)|([0-9a-fA-F]{1,4}:){1,1}(:[0-9a-fA-F]{1,4}){1,6}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,6}(:[0-9a-fA-F]{1,4}){1,1})\\]):(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})$",
   "unlike": ":0+$"
  }
 },
 "collector.flows": {
  "kind": "switch",
  "expected": "true, false, 1 or 0",
  "fallback": "false",
  "value": "flows.enabled",
  "shape": {
   "kind": "pattern",
   "pattern": "^(true|false|1|0)$"
  }
 },
 "flows.schedule": {
  "kind": "single",
  "expected": "a cron schedule of 5 fields, or 6 with seconds first, such as \"*/30 * * * * *\"",
  "fallback": "*/30 * * * * *",
  "value": "flows.schedule",
  "shape": {
   "kind": "cron",
   "fields": [
    [
     0,
     59
    ],
    [
     0,
     59
    ],
    [
     0,
     23
    ],
    [
     1,
     31
    ],
    [
     1,
     12
    ],
    [
     0,
     7
    ]
   ]
  }
 },
 "flows.openers-schedule": {
  "kind": "single",
  "expected": "a cron schedule of 5 fields, or 6 with seconds first, such as \"*/30 * * * * *\"",
  "fallback": "*/10 * * * * *",
  "shape": {
   "kind": "cron",
   "fields": [
    [
     0,
     59
    ],
    [
     0,
     59
    ],
    [
     0,
     23
    ],
    [
     1,
     31
    ],
    [
     1,
     12
    ],
    [
     0,
     7
    ]
   ]
  }
 },
 "flows.sample-size": {
  "kind": "single",
  "expected": "a whole number from 0 to 100000000",
  "fallback": "20000",
  "value": "flows.sampleSize",
  "shape": {
   "kind": "whole",
   "from": 0,
   "to": 100000000
  }
 },
 "flows.top": {
  "kind": "single",
  "expected": "a whole number from 1 to 100",
  "fallback": "20",
  "value": "flows.top",
  "shape": {
   "kind": "whole",
   "from": 1,
   "to": 100
  }
 },
 "by": {
  "kind": "single",
  "expected": "one of source, destination, prefix, state, opener, netns",
  "isOfFlows": true,
  "shape": {
   "kind": "pattern",
   "pattern": "^(source|destination|prefix|state|opener|netns)$"
  }
 },
 "what-if": {
  "kind": "optional",
  "expected": "timeouts with their seconds, such as \"tcp_timeout_time_wait=30,udp_timeout=10\", or nothing",
  "isOfFlows": true,
  "shape": {
   "kind": "text"
  }
 },
 "watch": {
  "kind": "switch",
  "expected": "true, false, 1 or 0",
  "fallback": "false",
  "isOfFlows": true,
  "shape": {
   "kind": "pattern",
   "pattern": "^(true|false|1|0)$"
  }
 },
 "json": {
  "kind": "switch",
  "expected": "true, false, 1 or 0",
  "fallback": "false",
  "isOfFlows": true,
  "shape": {
   "kind": "pattern",
   "pattern": "^(true|false|1|0)$"
  }
 },
 "collector.netns": {
  "kind": "switch",
  "expected": "true, false, 1 or 0",
  "fallback": "false",
  "value": "netns.enabled",
  "shape": {
   "kind": "pattern",
   "pattern": "^(true|false|1|0)$"
  }
 },
 "alertmanager.url": {
  "kind": "list",
  "expected": "http(s)://host[:port][/prefix], without user, password or query",
  "value": "alertmanager.urls",
  "shape": {
   "kind": "pattern",
   "pattern": "^(?i:https?)://((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}|\\[(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|:((:[0-9a-fA-F]{1,4}){1,7}|:)|([0-9a-fA-F]{1,4}:){1,1}(:[0-9a-fA-F]{1,4}){1,6}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,6}(:[0-9a-fA-F]{1,4}){1,1})\\]|([a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?\\.)*[0-9]*[a-zA-Z_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?)\\.?(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4}))?(/[a-zA-Z0-9_~%+-][a-zA-Z0-9._~%+-]*)*/?$",
   "unlike": "\\]\\.|/api/v[0-9]|%2[eE]|[/.]0[xX]|:0+(/|$)"
  }
 },
 "alertmanager.external-label": {
  "kind": "list",
  "expected": "name=value, the name of letters, digits and \"_\", other than alertname, node, severity",
  "value": "alertmanager.externalLabels",
  "shape": {
   "kind": "pattern",
   "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*=(?s:.+)$",
   "unlike": "^(__|(alertname|node|severity)=)"
  }
 },
 "alertmanager.keep-alive": {
  "kind": "switch",
  "expected": "true, false, 1 or 0",
  "fallback": "true",
  "value": "alertmanager.keepAlive",
  "shape": {
   "kind": "pattern",
   "pattern": "^(true|false|1|0)$"
  }
 },
 "alertmanager.ca-file": {
  "kind": "single",
  "expected": "a path",
  "value": "alertmanager.caKey",
  "shape": {
   "kind": "text"
  }
 },
 "alertmanager.basic-auth.username": {
  "kind": "single",
  "expected": "a name without \":\"",
  "value": "alertmanager.username",
  "shape": {
   "kind": "pattern",
   "pattern": "^[^:\\p{Cc}]+$"
  }
 },
 "alertmanager.basic-auth.password-file": {
  "kind": "single",
  "expected": "a path",
  "value": "alertmanager.passwordKey",
  "shape": {
   "kind": "text"
  }
 },
 "alertmanager.bearer-token-file": {
  "kind": "single",
  "expected": "a path",
  "value": "alertmanager.bearerTokenKey",
  "shape": {
   "kind": "text"
  }
 },
 "alertmanager.header": {
  "kind": "list",
  "expected": "Name=value or \"Name: value\", the name none that the agent sets itself (Host, Content-Type, Connection)",
  "value": "alertmanager.headers",
  "shape": {
   "kind": "text"
  }
 },
 "alertmanager.header-file": {
  "kind": "list",
  "expected": "Name=path of a file with the value, the name none that the agent sets itself (Host, Content-Type, Connection)",
  "value": "alertmanager.headerKeys",
  "shape": {
   "kind": "text"
  }
 },
 "alertmanager.cert-file": {
  "kind": "single",
  "expected": "a path",
  "value": "alertmanager.certKey",
  "shape": {
   "kind": "text"
  }
 },
 "alertmanager.key-file": {
  "kind": "single",
  "expected": "a path",
  "value": "alertmanager.keyKey",
  "shape": {
   "kind": "text"
  }
 },
 "alarm.high-usage": {
  "kind": "single",
  "expected": "a number from 0.1 to 1",
  "fallback": "0.9",
  "value": "alarms.highUsage",
  "shape": {
   "kind": "decimal",
   "from": 0.1,
   "to": 1
  }
 },
 "alarm.clear-margin": {
  "kind": "single",
  "expected": "a number from 0 to 0.5",
  "fallback": "0.05",
  "value": "alarms.clearMargin",
  "shape": {
   "kind": "decimal",
   "from": 0,
   "to": 0.5
  }
 },
 "alarm.high-time-share": {
  "kind": "single",
  "expected": "a number from 0.01 to 1",
  "fallback": "0.2",
  "value": "alarms.highTimeShare",
  "shape": {
   "kind": "decimal",
   "from": 0.01,
   "to": 1
  }
 },
 "alarm.sustained-usage": {
  "kind": "single",
  "expected": "a number from 0.1 to 1",
  "fallback": "0.8",
  "value": "alarms.sustainedUsage",
  "shape": {
   "kind": "decimal",
   "from": 0.1,
   "to": 1
  }
 },
 "alarm.sustained-time-share": {
  "kind": "single",
  "expected": "a number from 0.01 to 1",
  "fallback": "0.9",
  "value": "alarms.sustainedTimeShare",
  "shape": {
   "kind": "decimal",
   "from": 0.01,
   "to": 1
  }
 },
 "alarm.nearly-full-usage": {
  "kind": "single",
  "expected": "a number from 0.1 to 1",
  "fallback": "0.95",
  "value": "alarms.nearlyFullUsage",
  "shape": {
   "kind": "decimal",
   "from": 0.1,
   "to": 1
  }
 },
 "alarm.time-to-act": {
  "kind": "single",
  "expected": "a duration from 1m to 2h",
  "fallback": "15m",
  "value": "alarms.timeToAct",
  "shape": {
   "kind": "duration",
   "from": 60000,
   "to": 7200000
  }
 },
 "alarm.new-level-share": {
  "kind": "single",
  "expected": "a number from 0 to 0.9",
  "fallback": "0.1",
  "value": "alarms.newLevelShare",
  "shape": {
   "kind": "decimal",
   "from": 0,
   "to": 0.9
  }
 },
 "alarm.insert-failures": {
  "kind": "single",
  "expected": "a number from 0.001 to 1000000",
  "fallback": "0.05",
  "value": "alarms.insertFailures",
  "shape": {
   "kind": "decimal",
   "from": 0.001,
   "to": 1000000
  }
 },
 "alarm.snat-ports-exhausted": {
  "kind": "single",
  "expected": "a number from 0.001 to 1000000",
  "fallback": "0.05",
  "value": "alarms.snatPortsExhausted",
  "shape": {
   "kind": "decimal",
   "from": 0.001,
   "to": 1000000
  }
 },
 "alarm.snat-ports-used": {
  "kind": "single",
  "expected": "a number from 0.1 to 1",
  "fallback": "0.8",
  "value": "alarms.snatPortsUsed",
  "shape": {
   "kind": "decimal",
   "from": 0.1,
   "to": 1
  }
 },
 "alarm.drops-below-limit": {
  "kind": "single",
  "expected": "a number from 0.001 to 1000000",
  "fallback": "0.05",
  "value": "alarms.dropsBelowLimit",
  "shape": {
   "kind": "decimal",
   "from": 0.001,
   "to": 1000000
  }
 },
 "alarm.entries-per-bucket": {
  "kind": "single",
  "expected": "a number from 0.1 to 1000",
  "fallback": "4",
  "value": "alarms.entriesPerBucket",
  "shape": {
   "kind": "decimal",
   "from": 0.1,
   "to": 1000
  }
 },
 "alarm.invalid-packets": {
  "kind": "single",
  "expected": "a number from 0.1 to 10000000",
  "fallback": "100",
  "value": "alarms.invalidPackets",
  "shape": {
   "kind": "decimal",
   "from": 0.1,
   "to": 10000000
  }
 },
 "alarm.cloud-allowance-available": {
  "kind": "single",
  "expected": "a number from 0 to 10000000",
  "fallback": "8000",
  "value": "alarms.cloudAllowanceAvailable",
  "shape": {
   "kind": "decimal",
   "from": 0,
   "to": 10000000
  }
 },
 "alarm.sample-lag": {
  "kind": "single",
  "expected": "a duration from 100ms to 1m",
  "fallback": "2s",
  "value": "alarms.sampleLag",
  "shape": {
   "kind": "duration",
   "from": 100,
   "to": 60000
  }
 },
 "alarm.unscraped": {
  "kind": "single",
  "expected": "a duration from 1m to 1d",
  "fallback": "10m",
  "value": "alarms.unscraped",
  "shape": {
   "kind": "duration",
   "from": 60000,
   "to": 86400000
  }
 }
}
{{- end }}

{{/* Milliseconds of each unit of a duration. */}}
{{- define "conntrack-agent.units" -}}
{"d":86400000,"h":3600000,"m":60000,"s":1000,"ms":1}
{{- end }}

{{/* A line for each header that the agent refuses: one that it sets itself, and one that is given twice, in whatever case. */}}
{{- define "conntrack-agent.headerConflicts" -}}
{{- $am := .Values.alertmanager }}
{{- $names := concat (keys $am.headers) (keys $am.headerKeys) | sortAlpha }}
{{- range $i, $name := $names }}
{{- if has (lower $name) (list "accept-encoding" "connection" "content-encoding" "content-length" "content-type" "expect" "host" "keep-alive" "proxy-connection" "te" "trailer" "transfer-encoding" "upgrade") }}
alertmanager.headers: expected none that the agent sets itself, got {{ $name | quote }}
{{- end }}
{{- if not (regexMatch "^[!#$%&'*+.^_|~0-9A-Za-z-]+$" $name) }}
alertmanager.headers: expected the name of a header, got {{ $name | quote }}
{{- end }}
{{- range $other := slice $names (add1 $i | int) }}
{{- if eq (lower $other) (lower $name) }}
alertmanager.headers, alertmanager.headerKeys: expected each name once, got {{ $other | quote }} twice
{{- end }}
{{- end }}
{{- if and (eq (lower $name) "authorization") (or $am.bearerTokenKey $am.username) }}
alertmanager.headers: {{ $name | quote }} contradicts alertmanager.bearerTokenKey and alertmanager.username, which set it
{{- end }}
{{- end }}
{{- end }}

{{/* A line for each pair of thresholds in the wrong order. */}}
{{- define "conntrack-agent.alarmConflicts" -}}
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
