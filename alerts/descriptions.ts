/** Descriptions of alerts as templates of Prometheus and vmalert: the sentences of a direct alert, with numbers asked of the engine. */
import type { AlarmNumber } from '../src/model/alarms/alarm.ts';
import type { InsertFailureCause } from '../src/model/status.ts';
import { OUR_JOB } from './rule.ts';

const COMMAS = `reReplaceAll "([0-9])([0-9]{3})$" "$1,$2" | reReplaceAll "([0-9])([0-9]{3})," "$1,$2,"`;

/** Number formats of src/model/text/numbers.ts, as templates for the answer to a query; `?` where there is none. */
const FORMATS = {
  count: `{{ define "count" }}{{ with . }}{{ . | first | value | printf "%.0f" | ${COMMAS} }}{{ else }}?{{ end }}{{ end -}}`,
  percent: `{{ define "percent" }}{{ with . }}{{ . | first | value | printf "%.4g" }} %{{ else }}?{{ end }}{{ end -}}`,
  rate: `{{ define "rate" }}{{ with . | first | value }}{{ if ge . 10.0 }}{{ printf "%.0f" . | ${COMMAS} }}{{ else if ge . 1.0 }}{{ printf "%.1f" . }}{{ else }}{{ printf "%.2f" . }}{{ end }}{{ else }}0{{ end }}{{ end -}}`,
  growth: `{{ define "growth" }}{{ with . | first | value }}{{ if or (ge . 10.0) (le . -10.0) }}{{ printf "%+.0f" . | ${COMMAS} }}{{ else }}{{ printf "%+.1f" . }}{{ end }}{{ else }}0{{ end }}{{ end -}}`,
} as const;

type Format = keyof typeof FORMATS;

type Sentence = {
  readonly formats: readonly Format[];
  readonly lines: readonly string[];
};

/** The answer to a query that says `{%s}` where our series of this node are meant. */
function ask(promql: string): string {
  const places = promql.split('%s').length - 1;
  return `printf "${promql}"${' $agent'.repeat(places)} | query`;
}

/** A text, or the other one where the agent does not count the drops of a full table. */
export function ofCounted(text: string, uncounted: string | undefined): string {
  if (uncounted === undefined) return text;
  const drops = `conntrack_table_full_drops_total{job=~'${OUR_JOB}',cluster='%s',node='%s'}`;
  return `{{ if printf "${drops}" $labels.cluster $labels.node | query }}${text}{{ else }}${uncounted}{{ end }}`;
}

/** PromQL of a share of 1 as percent with one decimal, rounded down: 99.97 % is not full. */
export function percentOf(share: string): string {
  return `floor(1000 * ${share} + 1e-9) / 10`;
}

function failuresBy(cause: InsertFailureCause): string {
  return `rate(conntrack_insert_failures_by_cause_total{cause='${cause}',%s}[10m])`;
}

/**
 * A sentence without data is left out, and so is the space before it. Counts are rates times their window,
 * because VictoriaMetrics' `increase` adds what a new series begins with.
 */
const SENTENCES: Readonly<Record<AlarmNumber, Sentence>> = {
  table: {
    formats: ['count', 'percent'],
    lines: [
      `{{ template "count" ${ask('conntrack_entries{%s}')} }}`,
      `of {{ template "count" ${ask('conntrack_entries_limit{%s}')} }} entries`,
      `({{ template "percent" ${ask(percentOf('conntrack_entries{%s} / (conntrack_entries_limit{%s} > 0)'))} }}),`,
      `peak {{ template "count" ${ask('conntrack_entries_peak{%s}')} }}.`,
    ],
  },
  trend: {
    formats: ['growth'],
    lines: [
      `{{- with ${ask('conntrack_growth_entries_per_second{%s}')} }} Growth {{ template "growth" . }} entries a second`,
      `{{- with ${ask('conntrack_time_to_full_seconds{%s} < Inf')} }}{{ with . | first | value }}, full in about {{ humanizeDuration . }}{{ else }}, full now{{ end }}{{ else }}, not filling{{ end }}.{{ end }}`,
    ],
  },
  drops: {
    formats: ['count'],
    lines: [
      `{{- with ${ask('300 * rate(conntrack_table_full_drops_total{%s}[5m])')} }} {{ template "count" . }} packets dropped because the table was full within five minutes.{{ end }}`,
    ],
  },
  atLimit: {
    formats: [],
    lines: [
      `{{- with ${ask('conntrack_entries{%s} >= conntrack_entries_limit{%s} > 0')} }}{{ with ${ask('rate(conntrack_table_full_drops_total{%s}[2m]) == 0')} }} It is full, nothing dropped yet: at its limit the kernel evicts flows without a reply for new ones, and drops these when it finds none.{{ end }}{{ end }}`,
    ],
  },
  dropsBelowLimit: {
    formats: ['rate'],
    lines: [
      `{{- range ${ask("sort_desc(rate(conntrack_drops_by_cause_total{cause!='table_full',%s}[10m]) > 0)")} }} {{ if eq .Labels.cause "tracker" }}Refused by the tracker of a protocol{{ else if eq .Labels.cause "memory" }}While memory was short{{ else }}Of unknown cause{{ end }}: {{ printf "%.2f" .Value }} packets a second over ten minutes.{{ end }}`,
    ],
  },
  insertFailures: {
    formats: ['rate'],
    lines: [
      `{{- with ${ask(failuresBy('race'))} }} {{ template "rate" . }} insert failures a second over ten minutes.{{ end }}`,
    ],
  },
  snatPortsExhausted: {
    formats: ['rate'],
    lines: [
      `{{- with ${ask(failuresBy('snat_ports'))} }} {{ template "rate" . }} new flows a second dropped over ten minutes.{{ end }}`,
    ],
  },
  natWithoutPorts: {
    formats: ['rate'],
    lines: [
      `{{- with ${ask(failuresBy('nat_without_ports'))} }} {{ template "rate" . }} packets a second dropped over ten minutes.{{ end }}`,
    ],
  },
  unexplainedFailures: {
    formats: ['rate'],
    lines: [
      `{{- with ${ask(failuresBy('unknown'))} }} {{ template "rate" . }} such failures a second over ten minutes.{{ end }}`,
    ],
  },
  snatPorts: {
    formats: ['percent'],
    lines: [
      `{{- with ${ask('topk(1, conntrack_snat_ports_used_ratio{%s})')} }} Most used:`,
      `{{ with . | first }}{{ .Labels.address }} to {{ .Labels.destination }}:{{ .Labels.port }}/{{ .Labels.protocol }}{{ end }},`,
      `{{ template "percent" ${ask(percentOf('max(conntrack_snat_ports_used_ratio{%s})'))} }} of the ports.{{ end }}`,
    ],
  },
  chains: {
    formats: ['count'],
    lines: [
      `{{- with ${ask('conntrack_entries{%s} / (conntrack_buckets{%s} > 0)')} }} {{ . | first | value | printf "%.1f" }} entries per bucket.{{ end }}`,
      `{{- with ${ask('600 * rate(conntrack_chain_too_long_total{%s}[10m])')} }} {{ template "count" . }} insertions refused within ten minutes.{{ end }}`,
    ],
  },
  invalidPackets: {
    formats: ['rate'],
    lines: [
      `{{- with ${ask('rate(conntrack_invalid_packets_total{%s}[5m])')} }} {{ template "rate" . }} invalid packets a second over five minutes.{{ end }}`,
    ],
  },
  limit: {
    formats: ['count'],
    lines: [
      `The limit was lowered to {{ template "count" ${ask('min_over_time(conntrack_entries_limit{%s}[5m])')} }} entries;`,
      `within the last hour it was {{ template "count" ${ask('max_over_time(conntrack_entries_limit{%s}[1h])')} }}.`,
    ],
  },
  kubeProxyLimit: {
    formats: ['count'],
    lines: [
      `The limit is {{ template "count" ${ask('conntrack_entries_limit{%s}')} }} entries;`,
      `after the next start of kube-proxy it will be {{ template "count" ${ask('conntrack_kube_proxy_limit{%s}')} }}.`,
    ],
  },
  cloud: {
    formats: ['count'],
    lines: [
      `{{- with ${ask('min(conntrack_cloud_allowance_available{%s})')} }} {{ template "count" . }} more connections can be tracked by the cloud.{{ end }}`,
      `{{- with ${ask('300 * max(rate(conntrack_cloud_allowance_exceeded_total{%s}[5m]))')} }} {{ template "count" . }} packets dropped by it within five minutes.{{ end }}`,
    ],
  },
  reasons: {
    formats: [],
    lines: [
      `{{- with ${ask('conntrack_agent_in_host_netns{%s} == 0')} }} Reason: wrong network namespace.{{ end }}`,
      `{{- range ${ask("conntrack_agent_source_up{source=~'entries|limit',%s} == 0")} }} Reason: the {{ .Labels.source }} cannot be read.{{ end }}`,
      `{{- with ${ask("conntrack_agent_source_up{source='counters',%s} == 0 and max_over_time(conntrack_agent_source_up{%s}[1d]) == 1")} }} Reason: the counters cannot be read any more.{{ end }}`,
      `{{- with ${ask("conntrack_agent_sample_lag_seconds{%s} > ignoring (threshold) conntrack_alarm_threshold{threshold='sample_lag_seconds',%s}")} }} Reason: samples are late.{{ end }}`,
    ],
  },
  scrapers: {
    formats: ['percent'],
    lines: [
      `{{- with ${ask(percentOf(`sum(rate(conntrack_agent_scrapes_total{connection='new',%s}[1h])) / sum(rate(conntrack_agent_scrapes_total{%s}[1h]))`))} }} {{ template "percent" . }} of all scrapes of the last hour came over a new connection; the status page and doctor name the scraper.{{ end }}`,
    ],
  },
  unscraped: { formats: [], lines: [] },
  alertmanagers: {
    formats: [],
    lines: [
      `{{- range ${ask('conntrack_agent_alertmanager_last_post_success{%s} == 0')} }} Not delivered to {{ .Labels.url }}; the status page and doctor say why.{{ end }}`,
    ],
  },
};

/** What an alarm means, and its numbers. */
export function descriptionOf({ meaning, numbers }: { meaning: string; numbers: readonly AlarmNumber[] }): string[] {
  const sentences = numbers.map((number) => SENTENCES[number]);
  return [
    `{{ $agent := printf "job=~'${OUR_JOB}',cluster='%s',node='%s'" $labels.cluster $labels.node -}}`,
    ...formats(sentences.flatMap((sentence) => sentence.formats)),
    meaning,
    ...sentences.flatMap(({ lines }) => lines),
  ];
}

/** The templates of these, once each. */
export function formats(names: readonly Format[]): string[] {
  return [...new Set(names)].map((name) => FORMATS[name]);
}
