import { expectNodeProcesses, type NetnsScan, NetnsScanner } from '../host/netns/netns-scan.ts';
import type { ProcFs } from '../host/procfs/proc-fs.ts';
import type { Publication } from '../metrics/family.ts';
import type { Log } from '../model/log.ts';
import type { NetnsEntries } from '../model/reading.ts';
import { Poller } from '../system/poller.ts';
import { ProblemLog } from '../system/problem-log.ts';
import type { Subsystem } from './subsystem.ts';

const SCAN_MS = 30_000;

/** Scans the network namespaces time and again and keeps the last result. */
export class NetnsWatch implements Subsystem {
  readonly #proc: ProcFs;
  readonly #scanner: NetnsScanner;
  readonly #top: number;
  readonly #log: Log;
  readonly #poller = new Poller({ run: () => this.scan(), pauseMs: () => SCAN_MS });
  readonly #problems: ProblemLog;
  #last: NetnsScan | undefined;
  #isBoundLogged = false;

  constructor(proc: ProcFs, top: number, log: Log) {
    this.#proc = proc;
    this.#scanner = new NetnsScanner(proc);
    this.#top = top;
    this.#log = log;
    this.#problems = new ProblemLog(log);
  }

  /** Undefined before the first scan and after one that failed: what it said may not be so any more. */
  get top(): readonly NetnsEntries[] | undefined {
    return this.#last?.top;
  }

  start(): void {
    this.#poller.start();
  }

  stop(): void {
    void this.#poller.stop();
  }

  publication(): Partial<Publication> {
    return { fullest: this.top };
  }

  /** Never rejects. */
  async scan(): Promise<void> {
    try {
      expectNodeProcesses(this.#proc);
      this.#last = await this.#scanner.scan(this.#top);
      this.#problems.succeeded('network namespaces are to be seen again');
      this.#logBound(this.#last);
    } catch (error) {
      this.#last = undefined;
      this.#problems.failed(error, 'no entries by network namespace, and all else goes on');
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
