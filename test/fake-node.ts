/** A node's /proc in a temporary folder, moved as the kernel would move it. It starts as a copy of a fixture node. */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Headers of /proc/net/stat/nf_conntrack, net/netfilter/nf_conntrack_standalone.c, ct_cpu_seq_show(). */
export const STAT_HEADER = {
  /** Up to 5.9. */
  searched:
    'entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart',
  /** From 5.15. */
  clashres:
    'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart',
} as const;

/** Totals of one CPU; a column left out is 0. Above 2^32 they wrap, as the kernel's do. */
export type Counters = Readonly<Record<string, number | bigint>>;

export type NodeState = {
  readonly entries?: number;
  readonly limit?: number;
  readonly buckets?: number;
  /** One element per CPU. */
  readonly counters?: readonly Counters[];
};

export type Step = NodeState & { readonly afterMs?: number };

export type FakeNodeOptions = NodeState & {
  /** Folder under test/fixtures/nodes. */
  readonly fixture?: string;
  /** Header of the stat file from now on; the fixture's when left out. */
  readonly header?: string;
};

const SYSCTL = 'sys/net/netfilter';
const STAT = 'net/stat/nf_conntrack';
const ALSO_LIMIT = 'sys/net/nf_conntrack_max';

export class FakeNode {
  /** What --path.procfs takes. */
  readonly procRoot: string;
  readonly #folder: string;
  #header: string;
  #counters: readonly Counters[] | undefined;
  /** Files of the module while it is unloaded. */
  #unloaded: ReadonlyMap<string, string> | undefined;

  private constructor(folder: string, header: string | undefined) {
    this.#folder = folder;
    this.procRoot = join(folder, 'proc');
    this.#header = header ?? (this.has(STAT) ? this.read(STAT).split('\n', 1)[0]! : STAT_HEADER.clashres);
  }

  static async create({ fixture = 'linux-6.18', header, ...state }: FakeNodeOptions = {}): Promise<FakeNode> {
    const folder = await mkdtemp(join(tmpdir(), 'fake-node-'));
    const source = fileURLToPath(new URL(`./fixtures/nodes/${fixture}/proc`, import.meta.url));
    await cp(source, join(folder, 'proc'), { recursive: true });
    const node = new FakeNode(folder, header);
    node.set(state);
    return node;
  }

  has(path: string): boolean {
    return existsSync(join(this.procRoot, path));
  }

  read(path: string): string {
    return readFileSync(join(this.procRoot, path), 'utf8');
  }

  set({ entries, limit, buckets, counters }: NodeState): void {
    if (limit !== undefined) {
      this.write(`${SYSCTL}/nf_conntrack_max`, `${limit}\n`);
      this.write(ALSO_LIMIT, `${limit}\n`);
    }
    if (buckets !== undefined) this.write(`${SYSCTL}/nf_conntrack_buckets`, `${buckets}\n`);
    if (entries !== undefined) this.write(`${SYSCTL}/nf_conntrack_count`, `${entries}\n`);
    if (counters !== undefined) this.setCounters(counters);
    else if (entries !== undefined && this.#counters !== undefined) this.setCounters(this.#counters);
  }

  setCounters(counters: readonly Counters[]): void {
    this.#counters = counters;
    const entries = Number(this.read(`${SYSCTL}/nf_conntrack_count`));
    const rows = counters.map((counter) => statRow(this.#header, { ...counter, entries }));
    this.write(STAT, [this.#header, ...rows, ''].join('\n'));
  }

  /**
   * New text in the same inode, so a descriptor that is open sees it. No reader of this process, and hardly one of another,
   * can come between the two calls.
   */
  write(path: string, text: string | Uint8Array): void {
    const file = join(this.procRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    const fd = openSync(file, existsSync(file) ? 'r+' : 'w');
    try {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      writeSync(fd, bytes, 0, bytes.length, 0);
      ftruncateSync(fd, bytes.length);
    } finally {
      closeSync(fd);
    }
  }

  /** New text in a new inode: a descriptor that is open goes on seeing the old one. */
  replace(path: string, text: string): void {
    const file = join(this.procRoot, path);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  /** Takes a file, or a folder with all that is in it, away. */
  remove(path: string): void {
    rmSync(join(this.procRoot, path), { recursive: true });
  }

  unloadModule(): void {
    if (this.#unloaded !== undefined) throw new Error('Cannot unload the module: it is not loaded');
    const paths = [...readdirSync(join(this.procRoot, SYSCTL)).map((name) => `${SYSCTL}/${name}`), STAT, ALSO_LIMIT];
    const own = paths.filter((path) => path.includes('nf_conntrack') && this.has(path));
    this.#unloaded = new Map(own.map((path) => [path, this.read(path)]));
    for (const path of own) this.remove(path);
  }

  /** The files come back as new inodes; entries and counters start from 0, as after rmmod and modprobe. */
  loadModule(): void {
    if (this.#unloaded === undefined) throw new Error('Cannot load the module: it is loaded');
    const cpus = (this.#unloaded.get(STAT)?.trimEnd().split('\n').length ?? 1) - 1;
    for (const [path, text] of this.#unloaded) this.write(path, text);
    this.set({
      entries: 0,
      ...(this.#unloaded.has(STAT) ? { counters: Array.from({ length: cpus }, () => ({})) } : {}),
    });
    this.#unloaded = undefined;
  }

  /** One step after the other, each after its pause. */
  async play(steps: Iterable<Step>): Promise<void> {
    for (const { afterMs = 0, ...state } of steps) {
      await sleep(afterMs);
      this.set(state);
    }
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** A row in the kernel's own spacing: two spaces after the entries and before the expectations. */
function statRow(header: string, counters: Counters): string {
  return header.replace(/\S+/g, (column) => {
    return BigInt.asUintN(32, BigInt(counters[column] ?? 0))
      .toString(16)
      .padStart(8, '0');
  });
}
