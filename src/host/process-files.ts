import { closeSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../model/operator-error.ts';
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

  /** A number that processes share when they share a network namespace. Throws OperatorError. */
  netnsOf(pid: number): number | undefined {
    return this.#ifAlive(pid, 'net/dev', (path) => statSync(path, { throwIfNoEntry: false })?.ino);
  }

  /** Entries of its network namespace, out of net/stat/nf_conntrack (ct_cpu_seq_show). Throws OperatorError. */
  entriesOf(pid: number): number | undefined {
    const text = this.#ifAlive(pid, 'net/stat/nf_conntrack', (path) => this.#head(path, FIRST_ROW_BYTES));
    return text === undefined ? undefined : firstEntries(text.toString('latin1'));
  }

  /** The name of its program, as the kernel cuts it: 15 bytes at most, of any kind. Throws OperatorError. */
  nameOf(pid: number): string | undefined {
    const bytes = this.#ifAlive(pid, 'comm', (path) => this.#head(path, MAX_BYTES));
    return bytes === undefined ? undefined : textOfBytes(bytes).replace(/\n$/, ''); // Not one of the name's own.
  }

  /** Throws OperatorError. */
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
