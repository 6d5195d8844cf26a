import type { TableFacts } from '../analysis/table/table-judge.ts';
import type { Config } from '../config/options.ts';
import { readOnlySettings } from '../host/netns/host-netns.ts';
import { readCpuCount } from '../host/procfs/node-facts.ts';
import type { ProcFs } from '../host/procfs/proc-fs.ts';
import { type KubeProxySettings, limitAfterStart } from '../model/kube-proxy.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import type { Reading } from '../model/reading.ts';
import type { ProblemJson, StatusJson } from '../model/status-json.ts';
import { Poller } from '../system/poller.ts';
import { ProblemLog } from '../system/problem-log.ts';
import type { ProcessContext } from './context.ts';
import type { AgentState, Subsystem } from './subsystem.ts';

/** Its settings change only when it starts. */
const ASK_MS = 60_000;
/** While kube-proxy is away, what it said last is what its next start will most likely do. */
const KEEP_MS = 3_600_000;

export type KubeProxyWatchParts = {
  readonly log: Log;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** Rejects with OperatorError. */
  readonly ask: () => Promise<KubeProxySettings>;
  /** Whether a new connection would get through: a full table takes none, and needs its last places for others. */
  readonly hasHeadroom: () => boolean;
  readonly cpus: () => number | undefined;
  /** Whether nobody can change the limit here: the node is a container. */
  readonly limitIsReadOnly?: () => boolean;
};

/** Asks kube-proxy time and again, while the table has headroom, and keeps its last answer. */
export class KubeProxyWatch implements Subsystem {
  readonly #parts: KubeProxyWatchParts;
  #last: { readonly settings: KubeProxySettings; readonly cpus: number | undefined; readonly atMs: number } | undefined;
  readonly #poller = new Poller({ run: () => this.ask(), pauseMs: () => ASK_MS });
  readonly #problems: ProblemLog;

  constructor(parts: KubeProxyWatchParts) {
    this.#parts = parts;
    this.#problems = new ProblemLog(parts.log);
  }

  /** Undefined where kube-proxy has not answered for an hour. */
  get settings(): KubeProxySettings | undefined {
    const last = this.#last;
    return last === undefined || this.#parts.clock() - last.atMs > KEEP_MS ? undefined : last.settings;
  }

  /** Why it did not answer the last time; undefined where it did. */
  get problem(): ProblemJson | undefined {
    return this.#problems.problem && describeError(this.#problems.problem);
  }

  /** The limit after its next start, where it is `limit` now; undefined where that is not known. */
  limitAfterStart(limit: number | undefined): number | undefined {
    const [settings, cpus] = [this.settings, this.#last?.cpus];
    if (settings === undefined || cpus === undefined || limit === undefined) return undefined;
    if (this.#parts.limitIsReadOnly?.()) return limit;
    return limitAfterStart(settings, cpus, limit);
  }

  start(): void {
    this.#poller.start();
  }

  stop(): void {
    void this.#poller.stop();
  }

  facts({ limit }: Reading): Partial<TableFacts> {
    return { kubeProxyLimit: this.limitAfterStart(limit) };
  }

  statusJson({ status }: AgentState): Partial<StatusJson> {
    const { settings, problem: kubeProxyProblem } = this;
    if (settings === undefined) return { kubeProxyProblem };
    const { mode, version, maxPerCpu: maxPerCore, min } = settings;
    const kubeProxy = { mode, version: version?.text, maxPerCore, min, limitAfterStart: status.kubeProxyLimit };
    return { kubeProxy, kubeProxyProblem };
  }

  /** Never rejects. */
  async ask(): Promise<void> {
    const { ask, hasHeadroom, clock, cpus } = this.#parts;
    if (!hasHeadroom()) return;
    try {
      const settings = await ask();
      this.#last = { settings, cpus: cpus(), atMs: clock() };
      this.#problems.succeeded('kube-proxy answers again');
    } catch (error) {
      this.#problems.failed(error, 'what kube-proxy will set the limit to is not known, and all else goes on');
    }
  }
}

/** Undefined when kube-proxy is not asked, or another node's would be: the procfs is a copy. */
export async function createKubeProxyWatch(
  { collectKubeProxy, kubeProxyAddress, given }: Config,
  proc: ProcFs,
  hasHeadroom: () => boolean,
  { log, clock }: Pick<ProcessContext, 'log' | 'clock'>,
): Promise<KubeProxyWatch | undefined> {
  if (!collectKubeProxy || !proc.isKernel()) return undefined;
  const { askKubeProxyAt, kubeProxyAddresses } = await import('../host/kube-proxy.ts');
  const addresses = kubeProxyAddresses(kubeProxyAddress, given.has('kubeProxyAddress'));
  const cpus = () => readCpuCount(proc);
  const limitIsReadOnly = () => readOnlySettings(proc)?.limit === true;
  return new KubeProxyWatch({ log, clock, ask: () => askKubeProxyAt(addresses), hasHeadroom, cpus, limitIsReadOnly });
}
