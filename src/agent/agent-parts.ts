import type { Notifier } from '../alertmanager/notifier.ts';
import type { History } from '../analysis/history.ts';
import type { Scrapers } from '../analysis/scrapers/scrapers.ts';
import type { TableJudge } from '../analysis/table-judge.ts';
import type { NodeReader } from '../host/node-reader.ts';
import type { BuildInfo, Exposition } from '../metrics/exposition.ts';
import type { Log } from '../model/log.ts';
import type { ProcessUsage } from '../model/reading.ts';
import type { Thresholds } from '../model/thresholds.ts';
import type { FlowSampleRunner } from './flow-sample-runner.ts';
import type { KubeProxyWatch } from './kube-proxy-watch.ts';
import type { NetnsWatch } from './netns-watch.ts';
import type { NewFlowService } from './new-flow-service.ts';
import type { Every } from './sampler.ts';

/** What the running agent is put together from. */
export type AgentParts = {
  readonly reader: NodeReader;
  readonly judge: TableJudge;
  readonly exposition: Exposition;
  readonly history: History;
  /** Undefined without an Alertmanager. */
  readonly notifier: Notifier | undefined;
  /** Undefined when no flow sample is taken. */
  readonly flowSample: FlowSampleRunner | undefined;
  /** Undefined when new flows are not counted. */
  readonly newFlows: Pick<NewFlowService, 'last' | 'problem' | 'failures' | 'lost'> | undefined;
  /** Undefined when network namespaces are not scanned. */
  readonly namespaces: NetnsWatch | undefined;
  /** Undefined when kube-proxy is not asked. */
  readonly kubeProxy?: Pick<KubeProxyWatch, 'settings' | 'problem' | 'limitAfterStart'> | undefined;
  /** Undefined where it is not known who scrapes. */
  readonly scrapers: Scrapers | undefined;
  readonly log: Log;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** By the same clock. */
  readonly every: Every;
  readonly processUsage: () => ProcessUsage;
  /** Called every `readMs`; throws where the agent must not go on. */
  readonly checkHeap: () => void;
  /** Wall clock, milliseconds since the epoch; for people only. */
  readonly wallClock: () => number;
  readonly nodeName: string;
  readonly build: BuildInfo;
  readonly sampleMs: number;
  /** Time between two readings of everything. */
  readonly readMs: number;
  readonly peakWindowMs: number;
  readonly thresholds: Thresholds;
};
