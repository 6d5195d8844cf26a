import { closeSync, existsSync, fstatSync, readdirSync, readSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../model/operator-error.ts';
import { BYTES_MAX, openRegularFile, readRegularFile, whyUnreadable } from '../../system/regular-file.ts';

/** What the readers ask of a proc file system: the kernel's, a copy of one, or one that exists in memory alone. */
export type ProcTree = {
  /** What a problem calls it. */
  readonly root: string;
  /** Whole text of a file; undefined when it is not there. @throws OperatorError when it is there and cannot be read. */
  read(path: string): string | undefined;
  /** Names in a folder; empty when it is not there. */
  list(path: string): readonly string[];
  /** A file that is read again and again; of a longer one the first `bytesMax` bytes. */
  keep(path: string, bytesMax?: number): KeptBytes;
  /** Whether this is the running kernel's procfs and not a copy of one. */
  isKernel(): boolean;
};

export type KeptBytes = {
  readonly path: string;
  /**
   * The bytes as they are now, valid until the next reading; undefined when the file is not there.
   * @throws OperatorError when it cannot be read
   */
  read(nowMs: number): Buffer | undefined;
  close(): void;
};

/** PROC_SUPER_MAGIC, include/uapi/linux/magic.h. */
const PROC_SUPER_MAGIC = 0x9fa0;

/**
 * A proc file system, the kernel's or a tree laid out like it. Reads are synchronous: procfs answers from memory in
 * microseconds, a trip through the thread pool costs a hundred times more.
 */
export class ProcFs implements ProcTree {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Whole text of a file; undefined when it is not there. @throws OperatorError when it is there and cannot be read. */
  read(path: string): string | undefined {
    return ifThere(this.#pathOf(path), (file) => readRegularFile(file, BYTES_MAX.procfs).toString('utf8'));
  }

  /** Names in a folder; empty when it is not there. */
  list(path: string): readonly string[] {
    return ifThere(this.#pathOf(path), (folder) => readdirSync(folder)) ?? [];
  }

  /** A file that is read again and again through one descriptor. */
  keep(path: string, bytesMax: number = BYTES_MAX.procfs): KeptFile {
    return new KeptFile(this.#pathOf(path), { bytesMax, recheckMs: this.isKernel() ? KERNEL_RECHECK_MS : RECHECK_MS });
  }

  isThere(): boolean {
    return existsSync(this.root);
  }

  /** Whether this is the running kernel's procfs and not a copy of one. */
  isKernel(): boolean {
    return ifThere(this.root, (root) => statfsSync(root).type === PROC_SUPER_MAGIC) ?? false;
  }

  #pathOf(path: string): string {
    return join(this.root, path);
  }
}

/** The action's result, undefined where its object does not exist, else an OperatorError that names it. */
export function ifThere<T>(path: string, action: (path: string) => T): T | undefined {
  try {
    return action(path);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): OperatorError {
  const code = codeOf(cause);
  if (code === 'EACCES' || code === 'EPERM') {
    return new OperatorError(`Cannot read "${path}": permission denied`, {
      remedy: "Run as a user who may read it, or point --path.procfs at a readable copy of the node's /proc",
      cause,
    });
  }
  return new OperatorError(`Cannot read "${path}": ${whyUnreadable(cause)}`, {
    remedy: "Check that --path.procfs names the node's proc file system",
    cause,
  });
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
}

/** Enough for the counters of a few CPUs; it grows with what a file turns out to hold. */
const FIRST_BYTES = 1024;
/**
 * The kernel prints the rows of a file by pages (fs/seq_file.c, seq_read_iter): what fills less than half of one, 4 KiB at least,
 * is all there is, and need not be asked for the rest.
 */
const LAST_PIECE_BYTES = 2048;

/** How often a name is compared with its descriptor. Nobody replaces a file of the kernel but by a mount. */
const RECHECK_MS = 1000;
const KERNEL_RECHECK_MS = 30_000;

/**
 * A file behind a descriptor that stays open: a read costs one `pread`. The kernel forgets a sysctl's descriptor when the module
 * is unloaded (reading it gives ENOENT), and a file may be replaced under its name: so a failing descriptor is opened anew, and
 * the name is compared with the descriptor now and then.
 */
export class KeptFile implements KeptBytes {
  readonly path: string;
  readonly #bytesMax: number;
  readonly #recheckMs: number;
  #buffer: Buffer;
  #fd: number | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, { bytesMax = BYTES_MAX.procfs, recheckMs = RECHECK_MS } = {}) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#recheckMs = recheckMs;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, bytesMax));
  }

  read(nowMs: number): Buffer | undefined {
    if (this.#fd !== undefined && nowMs - this.#checkedAtMs >= this.#recheckMs) {
      this.#checkedAtMs = nowMs;
      if (!isSameFile(this.#fd, this.path)) this.close();
    }
    if (this.#fd !== undefined) {
      try {
        return this.#readFrom(this.#fd);
      } catch {
        this.close(); // Whatever went wrong with the old descriptor, opening the name again tells what is true now.
      }
    }
    return ifThere(this.path, (path) => this.#openAndRead(path, nowMs));
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #openAndRead(path: string, nowMs: number): Buffer {
    const fd = openRegularFile(path);
    try {
      const bytes = this.#readFrom(fd);
      this.#fd = fd;
      this.#checkedAtMs = nowMs;
      return bytes;
    } finally {
      if (this.#fd !== fd) closeSync(fd);
    }
  }

  #readFrom(fd: number): Buffer {
    for (let filled = 0; ; ) {
      const bytes = readSync(fd, this.#buffer, filled, this.#buffer.length - filled, filled);
      filled += bytes;
      if (filled === this.#bytesMax || (filled < this.#buffer.length && bytes < LAST_PIECE_BYTES))
        return this.#buffer.subarray(0, filled);
      if (filled === this.#buffer.length) this.#grow();
    }
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(4 * this.#buffer.length, this.#bytesMax));
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

function isSameFile(fd: number, path: string): boolean {
  try {
    const open = fstatSync(fd);
    const named = statSync(path);
    return open.ino === named.ino && open.dev === named.dev;
  } catch {
    return false; // Gone or out of reach: the caller opens the name again and reports what it meets.
  }
}
