import type { KeptBytes, ProcTree } from '../src/host/procfs/proc-fs.ts';

/** What a procfs takes to answer (seen on 6.18): a kept descriptor 2 us, a file that is opened 40 us. */
const KEPT_MS = 0.002;
const OPENED_MS = 0.04;

export type MemoryTreeParts = {
  readonly root: string;
  /** Files that never change; many trees may share them. */
  readonly constant: ReadonlyMap<string, string>;
  /** Files that are written when they are read, as the kernel's are. */
  readonly computed: ReadonlyMap<string, () => string>;
  /** Told how many milliseconds an answer took. */
  readonly spend: (ms: number) => void;
};

/** A proc file system in memory. */
export class MemoryTree implements ProcTree {
  readonly root: string;
  readonly #parts: MemoryTreeParts;

  constructor(parts: MemoryTreeParts) {
    this.root = parts.root;
    this.#parts = parts;
  }

  read(path: string): string | undefined {
    this.#parts.spend(OPENED_MS);
    return this.#writerOf(path)();
  }

  list(path: string): readonly string[] {
    const { constant, computed } = this.#parts;
    const inside = [...constant.keys(), ...computed.keys()].filter((file) => file.startsWith(`${path}/`));
    return [...new Set(inside.map((file) => file.slice(path.length + 1).split('/', 1)[0]!))];
  }

  keep(path: string): KeptBytes {
    const write = this.#writerOf(path);
    const { spend } = this.#parts;
    return {
      path: `${this.root}/${path}`,
      read() {
        spend(KEPT_MS);
        const text = write();
        return text === undefined ? undefined : Buffer.from(text);
      },
      close() {
        // There is no descriptor.
      },
    };
  }

  isKernel(): boolean {
    return false;
  }

  #writerOf(path: string): () => string | undefined {
    const { constant, computed } = this.#parts;
    return computed.get(path) ?? (() => constant.get(path));
  }
}
