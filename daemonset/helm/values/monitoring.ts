/** Values: who scrapes the agents, and what Prometheus and Grafana get. */
import { ENDPOINT } from './manifest-defaults.ts';
import { ANNOTATIONS, BOOLEAN, DURATION, LABELS, LIST, type Value } from './value.ts';

export const MONITORING_VALUES: readonly Value[] = [
  {
    name: 'prometheusAnnotations',
    fallback: false,
    schema: BOOLEAN,
    help: 'Annotations `prometheus.io/*`, for a Prometheus without the operator that follows them',
  },
  {
    name: 'podMonitor.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'A PodMonitor; needs the CRDs of the Prometheus operator',
  },
  {
    name: 'podMonitor.interval',
    fallback: ENDPOINT.interval,
    schema: DURATION,
    help: 'How often the agents are scraped, and how often the rules about them are evaluated; well below 10 minutes, for which the agent keeps a connection',
  },
  {
    name: 'podMonitor.scrapeTimeout',
    fallback: ENDPOINT.scrapeTimeout,
    schema: DURATION,
    help: 'Time for one scrape; at most the interval',
  },
  {
    name: 'podMonitor.additionalLabels',
    fallback: {},
    schema: LABELS,
    help: 'Labels by which a Prometheus selects PodMonitors. kube-prometheus-stack: `release: NAME`, its own release',
  },
  {
    name: 'podMonitor.relabelings',
    fallback: [],
    schema: LIST,
    help: 'More relabelings, after the one that sets `node`, such as one for `cluster`',
  },
  { name: 'podMonitor.metricRelabelings', fallback: [], schema: LIST, help: 'Relabelings of the samples' },
  {
    name: 'prometheusRule.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'The rules of alerts/ as a PrometheusRule; needs the CRDs of the Prometheus operator',
  },
  {
    name: 'prometheusRule.additionalLabels',
    fallback: {},
    schema: LABELS,
    help: 'Labels by which a Prometheus selects rules. kube-prometheus-stack: `release: NAME`, its own release',
  },
  {
    name: 'grafanaDashboards.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: "The dashboards as ConfigMaps, for the sidecar of Grafana's Helm chart",
  },
  {
    name: 'grafanaDashboards.labels',
    fallback: { grafana_dashboard: '1' },
    schema: LABELS,
    help: 'Labels that the sidecar looks for',
  },
  {
    name: 'grafanaDashboards.annotations',
    fallback: {},
    schema: ANNOTATIONS,
    help: 'More annotations, such as `grafana_folder`',
  },
];
