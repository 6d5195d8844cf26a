/** Processes in a fake node's procfs. Those of one namespace share the inode of their net folder's files, as on the kernel. */
import { linkSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FakeNode, STAT_HEADER } from '../../fake-node.ts';

export type FakeProcess = {
  readonly pid: number;
  readonly netns: string;
  readonly cgroup?: string;
  readonly name?: string | Uint8Array;
};

export class FakeProcesses {
  readonly #node: FakeNode;

  constructor(node: FakeNode) {
    this.#node = node;
  }

  /** How many entries a namespace has, in a row for each of two CPUs. */
  fill(netns: string, entries: number): void {
    const row = STAT_HEADER.clashres.replace(/\S+/g, (column) =>
      (column === 'entries' ? entries : 7).toString(16).padStart(8, '0'),
    );
    this.#node.write(`namespaces/${netns}/dev`, 'Inter-|\n face |\n');
    this.#node.write(`namespaces/${netns}/nf_conntrack`, `${STAT_HEADER.clashres}\n${row}\n${row}\n`);
  }

  /** Starts a process, or moves one. */
  put({ pid, netns, cgroup = '0::/\n', name }: FakeProcess): void {
    if (name !== undefined) this.#node.write(`${pid}/comm`, Buffer.concat([Buffer.from(name), Buffer.from('\n')]));
    this.#node.write(`${pid}/cgroup`, cgroup);
    this.#link(`namespaces/${netns}/dev`, `${pid}/net/dev`);
    this.#link(`namespaces/${netns}/nf_conntrack`, `${pid}/net/stat/nf_conntrack`);
  }

  end(pid: number): void {
    this.#node.remove(String(pid));
  }

  #link(from: string, to: string): void {
    const [source, target] = [from, to].map((path) => join(this.#node.procRoot, path)) as [string, string];
    mkdirSync(dirname(target), { recursive: true });
    rmSync(target, { force: true });
    linkSync(source, target);
  }
}
