import type { ProcFs } from './proc-fs.ts';
import type { ProcessFiles } from './process-files.ts';

/** Processes looked up in a scan: about 10 us each, unprivileged. */
const MAX_LOOKUPS = 10_000;
/** A process that is known is looked up again in every so many scans: it may have moved, or its number been given away. */
const RECHECK_SCANS = 10;
/** Processes kept of one namespace, of which the first that answers is asked. */
const MEMBERS = 8;

/** Where a process was last seen, and the scan that saw it there first. */
type Sighting = { readonly inode: number; readonly since: number };

/** Which processes are in which network namespace, kept between scans so that the next has little to look up. */
export class NetnsMembers {
  readonly #proc: ProcFs;
  readonly #files: ProcessFiles;
  #known = new Map<number, Sighting>();
  #scan = 0;

  constructor(proc: ProcFs, files: ProcessFiles) {
    this.#proc = proc;
    this.#files = files;
  }

  /**
   * Looks up who is new and who is due; false when that was more than one scan may, and then the next goes on with it.
   * `yieldToLoop` is awaited after each.
   */
  async refresh(yieldToLoop: () => Promise<void>): Promise<boolean> {
    this.#scan += 1;
    const known = new Map<number, Sighting>();
    let wanted = 0;
    for (const pid of this.#pids()) {
      const before = this.#known.get(pid);
      const isWanted = before === undefined || this.#isDue(pid, before);
      if (isWanted) wanted += 1;
      const now = isWanted && wanted <= MAX_LOOKUPS ? this.#lookUp(pid, before) : before;
      if (now !== undefined) known.set(pid, now);
      if (isWanted) await yieldToLoop();
    }
    this.#known = known;
    return wanted <= MAX_LOOKUPS;
  }

  /** PIDs by namespace, eight at most, the lowest first: mostly those are the ones that live longest. */
  byNamespace(): Map<number, number[]> {
    const groups = new Map<number, number[]>();
    for (const [pid, { inode }] of this.#known) {
      const pids = groups.get(inode);
      if (pids === undefined) groups.set(inode, [pid]);
      else if (pids.length < MEMBERS) pids.push(pid);
    }
    return groups;
  }

  /** To be called for one that is not where it was: it is looked up in the next scan. */
  forget(pid: number): void {
    this.#known.delete(pid);
  }

  #pids(): readonly number[] {
    const pids = this.#proc.list('').map(Number);
    return pids.filter(Number.isInteger).sort((a, b) => a - b);
  }

  /** A young process often moves at once, as a container's first does; the others take turns. */
  #isDue(pid: number, { since }: Sighting): boolean {
    return this.#scan - since === 1 || pid % RECHECK_SCANS === this.#scan % RECHECK_SCANS;
  }

  #lookUp(pid: number, before: Sighting | undefined): Sighting | undefined {
    const inode = this.#files.netnsOf(pid);
    if (inode === undefined) return undefined;
    return before?.inode === inode ? before : { inode, since: this.#scan };
  }
}
