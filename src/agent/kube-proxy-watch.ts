import { type KubeProxySettings, limitAfterStart } from '../model/kube-proxy.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import { ProblemLog, Rounds } from './poller.ts';

/** Its settings change only when it starts. */
const ASK_MS = 60_000;
/** While kube-proxy is away, what it said last is what its next start will most likely do. */
const KEEP_MS = 3_600_000;

type Problem = ReturnType<typeof describeError>;

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
export class KubeProxyWatch {
  readonly #parts: KubeProxyWatchParts;
  #last: { readonly settings: KubeProxySettings; readonly cpus: number | undefined; readonly atMs: number } | undefined;
  readonly #rounds = new Rounds(
    () => this.ask(),
    () => ASK_MS,
  );
  readonly #problems: ProblemLog;
  #problem: Problem | undefined;

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
  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** The limit after its next start, where it is `limit` now; undefined where that is not known. */
  limitAfterStart(limit: number | undefined): number | undefined {
    const [settings, cpus] = [this.settings, this.#last?.cpus];
    if (settings === undefined || cpus === undefined || limit === undefined) return undefined;
    if (this.#parts.limitIsReadOnly?.()) return limit;
    return limitAfterStart(settings, cpus, limit);
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): void {
    this.#rounds.stop();
  }

  /** Never rejects. */
  async ask(): Promise<void> {
    const { ask, hasHeadroom, clock, cpus } = this.#parts;
    if (!hasHeadroom()) return;
    try {
      const settings = await ask();
      this.#last = { settings, cpus: cpus(), atMs: clock() };
      this.#problem = undefined;
      this.#problems.succeeded('kube-proxy answers again');
    } catch (error) {
      this.#problem = describeError(error);
      this.#problems.failed(error, 'what kube-proxy will set the limit to is not known, and all else goes on');
    }
  }
}
