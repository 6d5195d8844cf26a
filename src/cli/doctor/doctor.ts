import { adviceOn, worstOf } from '../../analysis/advice/all-advice.ts';
import type { Problem, Severity } from '../../analysis/advice/snapshot.ts';
import { flowCounting } from '../../analysis/flows/flow-counter.ts';
import { thresholdsOf } from '../../config/conflicts.ts';
import type { Config } from '../../config/options.ts';
import { countersOf, expectProcfs, mayBeAdmin, NodeReader, type Warn } from '../../host/node-reader.ts';
import { readReusesTimeWait } from '../../host/procfs/node-facts.ts';
import { ProcFs } from '../../host/procfs/proc-fs.ts';
import { usageOf } from '../../model/status.ts';
import { askAgent } from './ask-agent.ts';
import { reportText } from './report.ts';
import { askFlowSample, askKubeProxyOnce, openCloudReader, takeSnapshot } from './take-snapshot.ts';

const LOOK_MS = 3000;

const EXIT_CODES = { ok: 0, warning: 1, critical: 2 } as const satisfies Record<Severity, number>;

export type DoctorOptions = {
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  readonly warn: Warn;
  /** Whether the report goes to somebody who sees colours. */
  readonly inColour: boolean;
  readonly lookMs?: number;
};

export type Diagnosis = { readonly exitCode: number; readonly text: string };

/**
 * Looks at the node for three seconds and says what is wrong and what to do. Reads only, and needs no privilege; with CAP_NET_ADMIN
 * it also takes a flow sample. A running agent is asked over its unix socket which alarms are active and who watches the node. The one network connection is
 * to kube-proxy, while the table has headroom, and not with --no-collector.kube-proxy. @throws OperatorError where there is no procfs.
 */
export async function doctor(config: Config, options: DoctorOptions): Promise<Diagnosis> {
  const { clock, warn, inColour, lookMs = LOOK_MS } = options;
  const { nodeIp, sampleMs, collectCounters: countersAreWanted } = config;
  const proc = new ProcFs(config.procRoot);
  expectProcfs(proc);
  const reader = new NodeReader({ proc, clock, ...countersOf(config, proc, warn) });
  const hasNetAdmin = mayBeAdmin(warn);
  const cloud = await openCloudReader(proc, warn);
  // A copy of another node's procfs says nothing about who watches this one.
  let agentProblem: Problem | undefined;
  const asking = askAgent(proc.isKernel() ? config.socketPath : undefined, (problem) => {
    agentProblem = problem;
  });
  try {
    const asked = await askFlowSample({
      proc,
      clock,
      sampleSize: config.sampleSize,
      counting: (seed) => flowCounting({ top: config.flowsTop, seed, reusesTimeWait: readReusesTimeWait(proc) }),
      hasNetAdmin,
    });
    const thresholds = thresholdsOf(config);
    const usage = usageOf(reader.sample());
    const isWanted = config.collectKubeProxy || !config.given.has('collectKubeProxy');
    let kubeProxyProblem: Problem | undefined;
    const kubeProxy = await askKubeProxyOnce({
      proc,
      address: config.kubeProxyAddress,
      isConfigured: config.given.has('kubeProxyAddress'),
      report: (problem) => {
        kubeProxyProblem = problem;
      },
      hasHeadroom: isWanted && usage !== undefined && usage < thresholds.highUsage,
    });
    const parts = { proc, reader, nodeIp, clock, sampleMs, lookMs, thresholds, countersAreWanted, hasNetAdmin };
    const seen = await takeSnapshot({ ...parts, ...asked, kubeProxy, readCloud: cloud?.read });
    const snapshot = { ...seen, watchers: await asking, agentProblem, kubeProxyProblem };
    const advice = adviceOn(snapshot);
    const text = reportText({ nodeName: config.nodeName, snapshot, advice, inColour });
    return { exitCode: EXIT_CODES[worstOf(advice)], text };
  } finally {
    reader.close();
    cloud?.close();
  }
}
