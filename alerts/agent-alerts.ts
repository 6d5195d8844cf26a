/** Alerts that an agent cannot raise about itself. */
import { runbookUrl } from '../src/model/alarms/alarms.ts';
import { type AlertRule, OUR_JOB } from './rule.ts';

const UP = `up{job=~"${OUR_JOB}"}`;

export const AGENT_ALERTS: readonly AlertRule[] = [
  {
    comment: 'Lengthen the five minutes where nodes are often replaced by others of the same name.',
    alert: 'ConntrackAgentDown',
    severity: 'warning',
    expr: `max by (cluster, node) (${UP}) == 0
  or
absent(${UP})`,
    forTime: '5m',
    summary:
      '{{ with $labels.node }}Node {{ . }} has no agent that answers{{ else }}There is no agent{{ end }}: connection tracking is not watched',
    description: [
      'It has not answered a scrape for five minutes; where no node is named, there is nothing to scrape.',
      'Packets lost on the node go unseen by Prometheus; if the node can be reached otherwise, its table may be full.',
    ],
    runbookUrl: runbookUrl('ConntrackAgentDown'),
  },
  {
    comment:
      'Rules, dashboards and direct alerts name a node by the label `node`, which the scrape configuration must set.',
    alert: 'ConntrackNodeLabelMissing',
    severity: 'warning',
    expr: `group by (cluster, instance) (up{job=~"${OUR_JOB}",node=""})`,
    forTime: '5m',
    summary: 'The agent at {{ $labels.instance }} is scraped without a label node',
    description: [
      'Its alerts name no node, and count together with those of all others that have none.',
      'Set the label in the scrape configuration: in Kubernetes from __meta_kubernetes_pod_node_name.',
    ],
    runbookUrl: runbookUrl('ConntrackNodeLabelMissing'),
  },
];
