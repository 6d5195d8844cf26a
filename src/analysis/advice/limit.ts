import { tableBytes } from '../../model/kernel.ts';
import { bytes, count, percent } from '../../model/numbers.ts';
import type { Advice } from './advice.ts';
import { bearsKubeProxyMarks, KUBE_PROXY_LIMIT, kubeProxyLimit } from './kube-proxy.ts';
import { bucketsFor, MEMORY_SHARE, moreHeadroom } from './more-headroom.ts';
import type { Snapshot } from './snapshot.ts';

/** Below this usage a low limit is no trouble yet. */
const BUSY_USAGE = 0.5;
/** Of what kube-proxy would set: above it there would be next to no room left. */
const TIGHT_USAGE = 0.8;

/** The limit against the memory, the CPUs and what kube-proxy makes of them. */
export function adviceOnLimit(snapshot: Snapshot): Advice[] {
  const { limit } = snapshot;
  if (limit === undefined || limit === 0) return [];
  const trouble = [...memoryTrouble(snapshot, limit), ...kubeProxyTrouble(snapshot, limit)];
  if (trouble.length > 0) return trouble;
  const seen = [memoryText(snapshot, limit), formulaText(snapshot, limit)].filter((text) => text !== undefined);
  return [{ id: 'limit-fine', severity: 'ok', title: 'The limit fits the node', seen, ...NOTHING_TO_DO }];
}

const NOTHING_TO_DO = { meaning: '', remedy: [], sysctls: [] } as const;

function memoryTrouble(snapshot: Snapshot, limit: number): Advice[] {
  const { memory, entries = 0, buckets = 0 } = snapshot;
  if (memory === undefined) return [];
  const whenFull = tableBytes(limit, buckets);
  const stillToCome = whenFull - tableBytes(Math.min(entries, limit), buckets);
  if (whenFull <= 2 * MEMORY_SHARE * memory.totalBytes && stillToCome <= memory.availableBytes) return [];
  return [
    {
      id: 'limit-eats-memory',
      severity: 'warning',
      title: 'A full table would take a large part of the memory',
      seen: [memoryText(snapshot, limit)!, `${bytes(memory.availableBytes)} of memory are available now`],
      meaning:
        'Entries are kernel memory, which cannot be swapped: before the table is full, processes would be killed',
      remedy: [
        'Give the node more memory, or lower the limit, but not below what is in use: that refuses all new flows',
      ],
      sysctls: [],
    },
  ];
}

/** About 320 bytes an entry and 8 a bucket. */
function memoryText({ memory, buckets = 0 }: Snapshot, limit: number): string | undefined {
  const whenFull = tableBytes(limit, buckets);
  if (memory === undefined) return `${count(limit)} entries would take about ${bytes(whenFull)}`;
  const share = `${percent(whenFull / memory.totalBytes)} of ${bytes(memory.totalBytes)}`;
  return `${count(limit)} entries would take about ${bytes(whenFull)}, ${share}`;
}

function formulaText({ cpus }: Snapshot, limit: number): string | undefined {
  if (cpus === undefined) return undefined;
  const formula = kubeProxyLimit(cpus);
  const cpusText = cpus === 1 ? '1 CPU' : `${count(cpus)} CPUs`;
  if (limit === formula) return `it is what kube-proxy sets by default for ${cpusText}`;
  return `kube-proxy would set ${count(formula)} for ${cpusText}: max(32768 x CPUs, 131072)`;
}

function kubeProxyTrouble(snapshot: Snapshot, limit: number): Advice[] {
  const { cpus, peak = 0, memory } = snapshot;
  if (cpus === undefined) return [];
  const formula = kubeProxyLimit(cpus);
  const seen = [`limit ${count(limit)}, most entries ${count(peak)}`, formulaText(snapshot, limit)!];
  if (limit > formula && peak >= TIGHT_USAGE * formula && bearsKubeProxyMarks(snapshot)) {
    return [wouldLower(snapshot, seen, formula)];
  }
  const isAffordable =
    memory === undefined || tableBytes(formula, bucketsFor(formula)) <= MEMORY_SHARE * memory.totalBytes;
  if (limit < formula && peak >= BUSY_USAGE * limit && isAffordable) return [belowFormula(snapshot, seen)];
  return [];
}

function wouldLower({ peak = 0 }: Snapshot, seen: string[], formula: number): Advice {
  const share = percent(peak / formula);
  return {
    id: 'kube-proxy-would-lower',
    severity: 'warning',
    title: 'kube-proxy may lower the limit when it starts again',
    seen: [...seen, 'kube-proxy seems to run here: its timeouts are set'],
    meaning: `The entries there now are ${share} of its default limit. If the limit was not set in its configuration, its next start fills the table`,
    remedy: [KUBE_PROXY_LIMIT],
    sysctls: [],
  };
}

function belowFormula(snapshot: Snapshot, seen: string[]): Advice {
  return {
    id: 'limit-low-for-cpus',
    severity: 'warning',
    title: 'The limit is low for so many CPUs',
    seen,
    meaning: 'The table is half full or more, and a node of this size can do with a larger one',
    ...moreHeadroom(snapshot),
  };
}
