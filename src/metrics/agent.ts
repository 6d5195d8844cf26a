import type { Scalar } from './family.ts';

/** How the agent itself is doing. */
export type AgentSource = {
  /** Undefined where nothing can tell. */
  readonly inHostNetns: boolean | undefined;
  readonly samples: number;
  /** Undefined until the sampler has run. */
  readonly sampleLagSeconds: number | undefined;
};

export const AGENT = [
  {
    name: 'conntrack_agent_in_host_netns',
    type: 'gauge',
    help: "1 when the agent is in the node's network namespace; 0: the numbers are not the node's",
    value: ({ inHostNetns }) => (inHostNetns === undefined ? undefined : Number(inHostNetns)),
  },
  {
    name: 'conntrack_agent_samples_total',
    type: 'counter',
    help: 'Times the sampler looked at the table',
    value: ({ samples }) => samples,
  },
  {
    name: 'conntrack_agent_sample_lag_seconds',
    type: 'gauge',
    help: 'How late the latest sample of the trailing peak window was at worst',
    value: ({ sampleLagSeconds }) => sampleLagSeconds,
  },
] as const satisfies readonly Scalar<AgentSource>[];

export const BUILD_INFO = {
  name: 'conntrack_agent_build_info',
  type: 'gauge',
  labels: ['version', 'revision', 'nodejs_version'],
  help: 'Always 1; its labels say what is running',
} as const;
