import { closeSync, readlinkSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OperatorError } from '../../model/operator-error.ts';
import type { NetnsEntries, NetnsOwner, PodCgroup } from '../../model/reading.ts';
import { textOfBytes } from '../../model/text/visible-text.ts';
import { openRegularFile, whyUnreadable } from '../../system/regular-file.ts';
import { firstEntries } from '../procfs/conntrack-stat.ts';
import type { ProcFs } from '../procfs/proc-fs.ts';
import { showsNodeProcesses } from './host-netns.ts';

/** Why the processes of the node are not to be seen: completes a sentence, and an imperative. */
type HiddenProcesses = { readonly why: string; readonly remedy: string };

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

/** Processes looked up in a scan: about 10 us each, unprivileged. */
const MAX_LOOKUPS = 10_000;
/** A process that is known is looked up again in every so many scans: it may have moved, or its number been given away. */
const RECHECK_SCANS = 10;
/** Processes kept of one namespace, of which the first that answers is asked. */
const MEMBERS = 8;

/** Where a process was last seen, and the scan that saw it there first. */
type Sighting = { readonly inode: number; readonly since: number };

/** Which processes are in which network namespace, kept between scans so that the next has little to look up. */
class NetnsMembers {
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

/** Room for the header and the first row of net/stat/nf_conntrack, and for a cgroup v1's twelve lines. */
const MAX_BYTES = 8192;
/** The number of entries is the whole namespace's and the same in every row: the kernel writes no more rows than asked for. */
const FIRST_ROW_BYTES = 1024;

/** What the kernel answers of a process that has ended, or whose namespace is on its way out (fs/proc/proc_net.c). */
const ENDED: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESRCH', 'ENXIO', 'EINVAL']);

/** Files of any process that every user may read. Undefined where the process has ended: that may be at any moment. */
export class ProcessFiles {
  readonly #root: string;
  readonly #buffer = Buffer.allocUnsafe(MAX_BYTES);

  constructor(root: string) {
    this.#root = root;
  }

  /** A number that processes share when they share a network namespace. @throws OperatorError. */
  netnsOf(pid: number): number | undefined {
    return this.#ifAlive(pid, 'net/dev', (path) => statSync(path, { throwIfNoEntry: false })?.ino);
  }

  /** Entries of its network namespace, out of net/stat/nf_conntrack (ct_cpu_seq_show). @throws OperatorError. */
  entriesOf(pid: number): number | undefined {
    const text = this.#ifAlive(pid, 'net/stat/nf_conntrack', (path) => this.#head(path, FIRST_ROW_BYTES));
    return text === undefined ? undefined : firstEntries(text.toString('latin1'));
  }

  /** The name of its program, as the kernel cuts it: 15 bytes at most, of any kind. @throws OperatorError. */
  nameOf(pid: number): string | undefined {
    const bytes = this.#ifAlive(pid, 'comm', (path) => this.#head(path, MAX_BYTES));
    return bytes === undefined ? undefined : textOfBytes(bytes).replace(/\n$/, ''); // Not one of the name's own.
  }

  /** @throws OperatorError. */
  cgroupOf(pid: number): string | undefined {
    return this.#ifAlive(pid, 'cgroup', (path) => this.#head(path, MAX_BYTES))?.toString('latin1');
  }

  /** Good until the next one. */
  #head(path: string, bytes: number): Buffer {
    const fd = openRegularFile(path);
    try {
      return this.#buffer.subarray(0, readSync(fd, this.#buffer, 0, bytes, 0));
    } finally {
      closeSync(fd);
    }
  }

  #ifAlive<T>(pid: number, name: string, action: (path: string) => T): T | undefined {
    const path = join(this.#root, String(pid), name);
    try {
      return action(path);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (ENDED.has(code)) return undefined;
      throw new OperatorError(`Cannot read "${path}": ${whyUnreadable(cause)}`, {
        remedy: 'Mount the procfs without hidepid, or turn it off with --no-collector.netns',
        cause,
      });
    }
  }
}

export const NO_POD: PodCgroup = { podUid: undefined, containerId: undefined };

const UID = /[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32}/.source;

/**
 * `kubepods-burstable-pod<uid>.slice` of the systemd driver, `pod<uid>` of cgroupfs. A colon follows where containerd runs
 * with cgroupfs under a kubelet with systemd: `kubepods-pod<uid>.slice:cri-containerd:<id>` in one segment.
 */
const POD = new RegExp(`^(?:(?:.*-)?kubepods-(?:burstable-|besteffort-)?)?pod(${UID})(?:\\.slice)?(?::|$)`);

/** `<id>`, `cri-containerd-<id>.scope`, `crio-<id>`, `crio-conmon-<id>.scope`, `docker-<id>.scope`, `…:cri-containerd:<id>`. */
const CONTAINER = /(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$/;

/**
 * What /proc/PID/cgroup tells of a process (cgroups(7)): a line `id:controllers:path` per hierarchy, in cgroup v2 the one
 * line `0::path`. Pods are known by their own segment and not by where it hangs: a reader in a cgroup namespace of its own,
 * as containers are on cgroup v2, sees `/../../kubepods-pod<uid>.slice/...` with the root cut off.
 */
export function parsePodCgroup(text: string): PodCgroup {
  const found = text.split('\n').map((line) => podOfPath(pathOf(line)));
  return found.find(({ podUid }) => podUid !== undefined) ?? found.find(({ containerId }) => containerId) ?? NO_POD;
}

/** A path may hold colons itself; a removed group's ends in a remark. */
function pathOf(line: string): string {
  const path = line.replace(/^\d+:[^:]*:/, '');
  return path.replace(/ \(deleted\)$/, '');
}

/** Of a pod within a pod the outer one, which is the one this node's kubelet knows; its container is the next below. */
function podOfPath(path: string): PodCgroup {
  const segments = path.split('/');
  const at = segments.findIndex((segment) => POD.test(segment));
  const podUid = POD.exec(segments[at] ?? '')?.[1]?.replaceAll('_', '-');
  const below = segments.slice(Math.max(at, 0));
  const containerId = below.flatMap((segment) => CONTAINER.exec(segment)?.[1] ?? [])[0];
  return { podUid, containerId };
}
