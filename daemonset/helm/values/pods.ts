/** Values: the pods, as every chart of a DaemonSet has them. */
import { AGENT, DAEMON_SET, POD } from './manifest-defaults.ts';
import { LIST, MAP, TEXT, TEXTS, type Value } from './value.ts';

export const POD_VALUES: readonly Value[] = [
  { name: 'podAnnotations', fallback: {}, schema: TEXTS, help: 'More annotations of the pods' },
  { name: 'podLabels', fallback: {}, schema: TEXTS, help: 'More labels of the pods' },
  {
    name: 'updateStrategy',
    fallback: DAEMON_SET.updateStrategy,
    schema: MAP,
    help: 'How a new version is rolled out; on 5,000 nodes one at a time would take a day',
  },
  { name: 'priorityClassName', fallback: POD.priorityClassName, schema: TEXT, help: 'Evicted after everything else' },
  {
    name: 'tolerations',
    fallback: POD.tolerations,
    schema: LIST,
    help: 'On every node: control plane, tainted, not ready, out of memory',
  },
  { name: 'nodeSelector', fallback: POD.nodeSelector, schema: TEXTS, help: 'On which nodes' },
  {
    name: 'affinity',
    fallback: POD.affinity,
    schema: MAP,
    help: 'Not on Fargate, which takes no DaemonSet, and not on virtual kubelets, which have no kernel',
  },
  {
    name: 'resources',
    fallback: AGENT.resources,
    schema: MAP,
    help: 'No limit of processor time: throttled, the agent misses the burst it is there for',
  },
  {
    name: 'securityContext',
    fallback: {},
    schema: MAP,
    help: "In place of the container's: no capability but NET_ADMIN for `flows`, read-only root. Empty: that",
  },
  {
    name: 'podSecurityContext',
    fallback: {},
    schema: MAP,
    help: "In place of the pod's: uid 65532, root for `flows`. Empty: that",
  },
];
