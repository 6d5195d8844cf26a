import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { openRegularFile } from '../system/regular-file.ts';
import { ifThere } from './file-errors.ts';
import type { KeptText } from './proc-tree.ts';

/** A sysctl prints one number; what is longer than this is no sysctl. */
const MAX_BYTES = 256;
const RECHECK_MS = 1000;

/**
 * A small file behind a descriptor that stays open: a read costs one `pread`, about 2 us. The kernel forgets a sysctl's
 * descriptor when the module is unloaded (reading it gives ENOENT), and a file may be replaced under its name: so a
 * failing descriptor is opened anew, and once a second the name is compared with the descriptor.
 */
export class KeptFile implements KeptText {
  readonly path: string;
  readonly #buffer = Buffer.allocUnsafe(MAX_BYTES);
  #fd: number | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.path = path;
  }

  /** The text as it is now; undefined when the file is not there. Throws OperatorError when it cannot be read. */
  read(nowMs: number): string | undefined {
    if (this.#fd !== undefined && nowMs - this.#checkedAtMs >= RECHECK_MS) {
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

  #openAndRead(path: string, nowMs: number): string {
    const fd = openRegularFile(path);
    try {
      const text = this.#readFrom(fd);
      this.#fd = fd;
      this.#checkedAtMs = nowMs;
      return text;
    } finally {
      if (this.#fd !== fd) closeSync(fd);
    }
  }

  #readFrom(fd: number): string {
    return this.#buffer.toString('latin1', 0, readSync(fd, this.#buffer, 0, MAX_BYTES, 0));
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
