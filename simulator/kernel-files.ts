/** The files of a fake node: those of a real kernel, and over them what its timeline makes of table and counters. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entriesAt, limitAt, type SimulatedNode, tableAt } from './timeline.ts';

const NODES = fileURLToPath(new URL('../test/fixtures/nodes', import.meta.url));
const SYSCTL = 'sys/net/netfilter';
const STAT = 'net/stat/nf_conntrack';
const U32 = 2 ** 32;

const read = new Map<string, ReadonlyMap<string, string>>();

/** All files of a fixture node by their path, read once. */
export function filesOf(kernel: string): ReadonlyMap<string, string> {
  const known = read.get(kernel) ?? readTree(join(NODES, kernel, 'proc'));
  read.set(kernel, known);
  return known;
}

function readTree(root: string): ReadonlyMap<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [relative(root, path), readFileSync(path, 'latin1')]));
}

/** What the script moves; the counters only where the kernel has the file. @param clock seconds of the node */
export function computedFilesOf(node: SimulatedNode, clock: () => number): ReadonlyMap<string, () => string> {
  const files = new Map([
    [`${SYSCTL}/nf_conntrack_count`, () => `${entriesAt(node, clock())}\n`],
    [`${SYSCTL}/nf_conntrack_max`, () => `${limitAt(node, clock())}\n`],
    [`${SYSCTL}/nf_conntrack_buckets`, () => `${node.buckets}\n`],
  ]);
  const header = filesOf(node.kernel).get(STAT)?.split('\n', 1)[0];
  if (header === undefined) return files;
  const columns = header.split(/\s+/).filter((word) => word !== '');
  return files.set(STAT, () => `${header}\n${statRows(columns, node, clock())}`);
}

/**
 * As ct_cpu_seq_show() prints them. The kernel adds a lost race to insert_failed and to drop, a chain that is too long to
 * insert_failed and to chainlength.
 */
function statRows(columns: readonly string[], node: SimulatedNode, t: number): string {
  const { entries, lost } = tableAt(node, t);
  const totals: Readonly<Record<string, number>> = {
    drop: lost.room + lost.races,
    insert_failed: lost.races + lost.chains,
    chainlength: lost.chains,
    early_drop: lost.evicted,
    invalid: lost.invalid,
    clashres: lost.clashes,
    icmp_error: lost.icmpErrors,
    search_restart: lost.searchRestarts,
    found: lost.natCollisions,
  };
  let text = '';
  for (let cpu = 0; cpu < node.cpus; cpu += 1) {
    for (const column of columns) {
      // Shares that add up to the total.
      const value = column === 'entries' ? entries : Math.floor(((totals[column] ?? 0) + cpu) / node.cpus);
      text += `${(value % U32).toString(16).padStart(8, '0')} `;
    }
    text += '\n';
  }
  return text;
}
