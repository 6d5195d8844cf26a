/** Values: the pods, as every chart of a DaemonSet has them. */
import { AGENT, DAEMON_SET, POD } from './manifest-defaults.ts';
import { ANNOTATIONS, BOOLEAN, DOTTED_NAME, LABELS, LIST, MAP, RESOURCES, type Schema, type Value } from './value.ts';

const COUNT_OR_SHARE: Schema = { type: ['integer', 'string'], minimum: 0, pattern: '^(100|[0-9]{1,2})%$' };
const STRATEGY: Schema = {
  type: 'object',
  properties: {
    type: { enum: ['RollingUpdate', 'OnDelete'] },
    rollingUpdate: {
      type: ['object', 'null'],
      additionalProperties: false,
      properties: { maxUnavailable: COUNT_OR_SHARE, maxSurge: COUNT_OR_SHARE },
    },
  },
};

export const POD_VALUES: readonly Value[] = [
  { name: 'podAnnotations', fallback: {}, schema: ANNOTATIONS, help: 'More annotations of the pods' },
  { name: 'podLabels', fallback: {}, schema: LABELS, help: 'More labels of the pods' },
  {
    name: 'updateStrategy',
    fallback: DAEMON_SET.updateStrategy,
    schema: STRATEGY,
    help: 'How a new version is rolled out; on 5,000 nodes one at a time would take a day',
  },
  {
    name: 'priorityClassName',
    fallback: POD.priorityClassName,
    schema: DOTTED_NAME,
    help: 'Evicted after everything else',
  },
  {
    name: 'resourceQuota.enabled',
    fallback: true,
    schema: BOOLEAN,
    help: 'A ResourceQuota that admits pods of the class `system-node-critical`, which GKE Standard, and clusters with `limitedResources`, admit nowhere else but in kube-system. It limits nothing. false: where you may not create quotas, or the namespace has one that names the class',
  },
  {
    name: 'tolerations',
    fallback: POD.tolerations,
    schema: LIST,
    help: 'On every node: control plane, tainted, not ready, out of memory',
  },
  { name: 'nodeSelector', fallback: POD.nodeSelector, schema: LABELS, help: 'On which nodes' },
  {
    name: 'affinity',
    fallback: POD.affinity,
    schema: MAP,
    help: 'Not on Fargate, which takes no DaemonSet, and not on virtual kubelets, which have no kernel',
  },
  {
    name: 'resources',
    fallback: AGENT.resources,
    schema: RESOURCES,
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
