import { expectNodeProcesses, type NetnsScan, NetnsScanner } from '../host/netns-entries.ts';
import type { ProcFs } from '../host/proc-fs.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import type { NetnsEntries } from '../model/reading.ts';

const SCAN_MS = 30_000;

/** Scans the network namespaces time and again and keeps the last result. A problem is logged once, and once when it is over. */
export class NetnsWatch {
  readonly #proc: ProcFs;
  readonly #scanner: NetnsScanner;
  readonly #top: number;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #last: NetnsScan | undefined;
  #problem: string | undefined;
  #isBoundLogged = false;
  #isStopped = false;

  constructor(proc: ProcFs, top: number, log: Log) {
    this.#proc = proc;
    this.#scanner = new NetnsScanner(proc);
    this.#top = top;
    this.#log = log;
  }

  /** Undefined before the first scan and after one that failed: what it said may not be so any more. */
  get top(): readonly NetnsEntries[] | undefined {
    return this.#last?.top;
  }

  start(): void {
    void this.#round();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** The pause is between two scans, so that they never overlap. */
  async #round(): Promise<void> {
    await this.scan();
    if (!this.#isStopped) this.#timer = setTimeout(() => this.#round(), SCAN_MS);
  }

  /** Never rejects. */
  async scan(): Promise<void> {
    try {
      expectNodeProcesses(this.#proc);
      this.#last = await this.#scanner.scan(this.#top);
      if (this.#problem !== undefined) this.#log.info({}, 'network namespaces are to be seen again');
      this.#problem = undefined;
      this.#logBound(this.#last);
    } catch (error) {
      this.#last = undefined;
      const { message } = describeError(error);
      if (message === this.#problem) return;
      this.#problem = message;
      this.#log.warn({ error }, `no entries by network namespace, and all else goes on: ${message}`);
    }
  }

  #logBound({ isComplete, namespaces }: NetnsScan): void {
    if (isComplete === !this.#isBoundLogged) return;
    this.#isBoundLogged = !isComplete;
    if (isComplete) this.#log.info({ namespaces }, 'every network namespace is looked at again');
    else
      this.#log.warn({ namespaces }, 'more processes or network namespaces than one scan looks at; some are left out');
  }
}
