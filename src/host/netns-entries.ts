import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OperatorError } from '../model/operator-error.ts';
import type { NetnsEntries, NetnsOwner } from '../model/reading.ts';
import { showsNodeProcesses } from './netns.ts';
import { NetnsMembers } from './netns-members.ts';
import type { ProcFs } from './proc-fs.ts';
import { NO_POD, ProcessFiles, parsePodCgroup } from './process-files.ts';

/** Why the processes of the node are not to be seen: completes a sentence, and an imperative. */
export type HiddenProcesses = { readonly why: string; readonly remedy: string };

export type NetnsScan = {
  /** Fullest first. */
  readonly top: readonly NetnsEntries[];
  /** Namespaces that were read, and the entries of all of them; those without a process are not to be seen. */
  readonly namespaces: number;
  readonly entries: number;
  /** False where the procfs shows only the processes of a container: other namespaces are not to be seen then. */
  readonly showsNode: boolean;
  /** Why, and what to do; undefined where it shows them. */
  readonly hidden?: HiddenProcesses | undefined;
  /** False when there was more to look at than one scan may. */
  readonly isComplete: boolean;
};

/** Namespaces whose entries are read in a scan: about 30 us each. */
const MAX_READS = 5000;
/** The program that holds the namespace of a pod open for the containers, of which it says nothing. */
const SANDBOX = 'pause';
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
   * @throws OperatorError where the entries of a namespace are not to be seen
   */
  async scan(top: number): Promise<NetnsScan> {
    expectEntries(this.#proc);
    const isWhole = await this.#members.refresh(() => this.#yieldToLoop());
    const groups = this.#members.byNamespace();
    const read: { inode: number; pid: number; entries: number }[] = [];
    for (const [inode, pids] of [...groups].slice(0, MAX_READS)) {
      const seen = this.#ask(inode, pids);
      if (seen !== undefined) read.push({ inode, ...seen });
      await this.#yieldToLoop();
    }
    const fullest = read.sort((a, b) => b.entries - a.entries || a.inode - b.inode).slice(0, top);
    const showsNode = showsNodeProcesses(this.#proc);
    const nodeInode = showsNode ? this.#files.netnsOf(1) : undefined;
    return {
      top: fullest.map((row) => {
        return { ...row, ...(row.inode === nodeInode ? this.#node() : this.#ownerOf(groups.get(row.inode)!)) };
      }),
      namespaces: read.length,
      entries: read.reduce((sum, { entries }) => sum + entries, 0),
      showsNode,
      hidden: showsNode ? undefined : whyHidden(this.#proc),
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

  #node(): NetnsOwner {
    return { ...NO_POD, isNode: true, programs: [this.#files.nameOf(1)].filter((name) => name !== undefined) };
  }

  /** A process of the node may have entered the namespace of a pod, so one that belongs to a pod is looked for. */
  #ownerOf(pids: readonly number[]): NetnsOwner {
    const members = pids.map((pid) => {
      return { name: this.#files.nameOf(pid), cgroup: parsePodCgroup(this.#files.cgroupOf(pid) ?? '') };
    });
    const telling = members.toSorted((a, b) => Number(a.name === SANDBOX) - Number(b.name === SANDBOX));
    const { cgroup = NO_POD } = telling.find((it) => it.cgroup.podUid !== undefined) ?? telling[0] ?? {};
    const names = new Set(telling.map(({ name }) => name).filter((name) => name !== undefined));
    return { ...cgroup, isNode: false, programs: [...names] };
  }

  async #yieldToLoop(): Promise<void> {
    this.#steps += 1;
    if (this.#steps % PIECE === 0) await nextTurn();
  }
}

/** @throws OperatorError where a scan would see one namespace and no other */
export function expectNodeProcesses(proc: ProcFs): void {
  if (showsNodeProcesses(proc)) return;
  const { why, remedy } = whyHidden(proc);
  throw new OperatorError(`Cannot see the node's processes in "${proc.root}": ${why}`, {
    remedy: `${remedy}, or turn it off with --no-collector.netns`,
  });
}

/** PROC_PID_INIT_INO, include/linux/proc_ns.h: the inode of the first PID namespace. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

function whyHidden(proc: ProcFs): HiddenProcesses {
  if (isProcFsHidden(proc)) {
    return {
      why: 'processes of other users are hidden (hidepid)',
      remedy: 'Take ProtectProc= out of the systemd unit (ProtectProc=default), or mount proc without hidepid',
    };
  }
  if (readPidNamespace(proc) === FIRST_PID_NAMESPACE) {
    return { why: 'its first processes are not to be seen', remedy: "Mount the node's own proc file system" };
  }
  return {
    why: "it shows only the processes of this container's PID namespace",
    remedy:
      'Set hostPID: true in the pod (podman, docker: --pid=host); on a node that is itself a container, run the agent on the machine below',
  };
}

/** Whether a mount of this procfs hides the processes of others: `hidepid=` of 1 or more, or by its name. */
function isProcFsHidden(proc: ProcFs): boolean {
  const mounts = proc.read('self/mountinfo') ?? '';
  return mounts.split('\n').some((line) => {
    const [, , , , target] = line.split(' ');
    return target === proc.root && /[ ,]hidepid=(?!0\b|off\b)/.test(line);
  });
}

function readPidNamespace(proc: ProcFs): string | undefined {
  try {
    return readlinkSync(join(proc.root, 'self/ns/pid'));
  } catch {
    return undefined; // What cannot be read is no evidence.
  }
}

function expectEntries(proc: ProcFs): void {
  if (proc.read('net/stat/nf_conntrack') !== undefined) return;
  throw new OperatorError(
    `Cannot read entries by network namespace: there is no "${proc.root}/net/stat/nf_conntrack"`,
    {
      remedy: 'Load nf_conntrack; if it is, the kernel lacks CONFIG_NF_CONNTRACK_PROCFS: use --no-collector.netns',
    },
  );
}
