import { closeSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../model/operator-error.ts';
import type { PodCgroup } from '../model/reading.ts';
import { textOfBytes } from '../model/visible-text.ts';
import { openRegularFile, whyUnreadable } from '../system/regular-file.ts';
import { firstEntries } from './conntrack-stat.ts';

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
