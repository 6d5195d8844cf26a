import { carrierNotice, type Datapath } from '../../model/datapath.ts';
import type { Advice } from './advice.ts';
import type { Snapshot } from './snapshot.ts';

const TITLES = {
  nf_conntrack: "The table carries the pods' connections",
  bpf: "The table does not carry the pods' connections",
  mixed: "The table carries a part of the pods' connections",
  unknown: "Whether the table carries the pods' connections is not known",
} as const;

/** What carries the pods' connections, with what that rests on. */
export function adviceOnDatapath({ datapath }: Snapshot): Advice[] {
  if (datapath === undefined) return [];
  const { cni, proxy, carries, seen } = datapath;
  const title = TITLES[carries];
  const all = [`as far as can be seen: network plugin ${cni}, services by ${proxy}`, ...seen];
  return [{ id: `datapath-${carries}`, severity: 'ok', title, seen: all, meaning: '', remedy: [], sysctls: [] }];
}

/** What must be read before everything else, and where to look instead. */
export function datapathNotice({ carries, bpfMetric, cni }: Datapath): string | undefined {
  const notice = carrierNotice(carries);
  if (notice === undefined) return undefined;
  const where = bpfMetric ?? `the maps of ${cni}`;
  return carries === 'bpf'
    ? `${notice}: see ${where}. What follows is about the rest of the node.`
    : `${notice}: see ${where} too.`;
}
