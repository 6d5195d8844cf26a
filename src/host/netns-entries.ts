import { setImmediate as nextTurn } from 'node:timers/promises';
import { OperatorError } from '../operator-error.ts';
import { showsNodeProcesses } from './netns.ts';
import { NetnsMembers } from './netns-members.ts';
import { NO_POD, type PodCgroup, parsePodCgroup } from './pod-cgroup.ts';
import type { ProcFs } from './proc-fs.ts';
import { ProcessFiles } from './process-files.ts';

export type NetnsEntries = PodCgroup & {
  /** Inode of /proc/PID/net/dev: one per namespace (fs/proc/generic.c, proc_register), unique while the namespace lives. */
  readonly inode: number;
  /** The process that was asked. */
  readonly pid: number;
  readonly entries: number;
};

export type NetnsScan = {
  /** Fullest first. */
  readonly top: readonly NetnsEntries[];
  /** Namespaces that were read; those without a process are not to be seen. */
  readonly namespaces: number;
  /** False when there was more to look at than one scan may. */
  readonly isComplete: boolean;
};

/** Namespaces whose entries are read in a scan: about 30 us each. */
const MAX_READS = 5000;
/** About a millisecond of work between two turns of the event loop, for the sampler is not to wait. */
const PIECE = 32;

/**
 * Entries of every network namespace that a process of the node is in, without privilege: ns/net may not be read by
 * others, but the inode of net/dev may.
 */
export class NetnsScanner {
  readonly #proc: ProcFs;
  readonly #files: ProcessFiles;
  readonly #members: NetnsMembers;
  #steps = 0;

  constructor(proc: ProcFs) {
    this.#proc = proc;
    this.#files = new ProcessFiles(proc.root);
    this.#members = new NetnsMembers(proc, this.#files);
  }

  /**
   * The `top` fullest namespaces. Beside a copied tree the inodes are those of the copies, so every process counts as a
   * namespace of its own unless it shares its net/dev. Not to be called while a scan runs.
   * @throws OperatorError where the node's processes or their entries are not to be seen
   */
  async scan(top: number): Promise<NetnsScan> {
    expectSight(this.#proc);
    const isWhole = await this.#members.refresh(() => this.#breathe());
    const groups = this.#members.byNamespace();
    const read: NetnsEntries[] = [];
    for (const [inode, pids] of [...groups].slice(0, MAX_READS)) {
      const seen = this.#ask(inode, pids);
      if (seen !== undefined) read.push({ inode, ...seen, ...NO_POD });
      await this.#breathe();
    }
    const fullest = read.sort((a, b) => b.entries - a.entries || a.inode - b.inode).slice(0, top);
    const ofNode = this.#files.netnsOf(1);
    return {
      top: fullest.map((row) => (row.inode === ofNode ? row : { ...row, ...this.#podOf(groups.get(row.inode)!) })),
      namespaces: read.length,
      isComplete: isWhole && groups.size <= MAX_READS,
    };
  }

  /** Asks the first process that is still there. */
  #ask(inode: number, pids: readonly number[]): { pid: number; entries: number } | undefined {
    for (const pid of pids) {
      const entries = this.#files.netnsOf(pid) === inode ? this.#files.entriesOf(pid) : undefined;
      if (entries !== undefined) return { pid, entries };
      this.#members.forget(pid);
    }
    return undefined;
  }

  /** A process of the node may have entered the namespace of a pod, so one that belongs to a pod is looked for. */
  #podOf(pids: readonly number[]): PodCgroup {
    const found = pids.map((pid) => parsePodCgroup(this.#files.cgroupOf(pid) ?? ''));
    return found.find(({ podUid }) => podUid !== undefined) ?? found[0] ?? NO_POD;
  }

  async #breathe(): Promise<void> {
    this.#steps += 1;
    if (this.#steps % PIECE === 0) await nextTurn();
  }
}

function expectSight(proc: ProcFs): void {
  if (!showsNodeProcesses(proc)) {
    throw new OperatorError(`Cannot see the node's processes in "${proc.root}": it shows only the agent's own`, {
      remedy: 'Set hostPID: true in the pod, or turn it off with --no-collector.netns',
    });
  }
  if (proc.read('net/stat/nf_conntrack') !== undefined) return;
  throw new OperatorError(
    `Cannot read entries by network namespace: there is no "${proc.root}/net/stat/nf_conntrack"`,
    {
      remedy: 'Load nf_conntrack; if it is, the kernel lacks CONFIG_NF_CONNTRACK_PROCFS: use --no-collector.netns',
    },
  );
}
