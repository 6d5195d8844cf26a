import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { BYTES_MAX, readRegularFile } from '../system/regular-file.ts';
import { ifThere } from './file-errors.ts';
import { KeptFile } from './kept-file.ts';
import type { ProcTree } from './proc-tree.ts';

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

  /** Whole text of a file; undefined when it is not there. Throws OperatorError when it is there and cannot be read. */
  read(path: string): string | undefined {
    return ifThere(this.#pathOf(path), (file) => readRegularFile(file, BYTES_MAX.procfs).toString('utf8'));
  }

  /** Names in a folder; empty when it is not there. */
  list(path: string): readonly string[] {
    return ifThere(this.#pathOf(path), (folder) => readdirSync(folder)) ?? [];
  }

  /** A small file that is read again and again through one descriptor. */
  keep(path: string): KeptFile {
    return new KeptFile(this.#pathOf(path));
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
