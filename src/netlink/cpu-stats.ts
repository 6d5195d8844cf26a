import type { CounterName, CpuRow } from '../model/reading.ts';
import { CTA_STATS, IPCTNL_MSG_CT_GET_STATS_CPU, NFGENMSG_BYTES, NFNL_SUBSYS_CTNETLINK } from './constants.ts';
import { attributes, decodeNfgenmsg, encodeDumpRequest, unsigned32 } from './messages.ts';

/** Message type of the request and of each answer: the subsystem in the high byte, the message in the low one. */
export const CPU_STATS = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET_STATS_CPU;

export type CpuStats = { readonly cpu: number; readonly row: CpuRow };

/** The names of /proc, so that both sources feed one metric table. */
const COLUMN_OF = new Map<number, CounterName>([
  [CTA_STATS.FOUND, 'found'],
  [CTA_STATS.INVALID, 'invalid'],
  [CTA_STATS.INSERT_FAILED, 'insert_failed'],
  [CTA_STATS.DROP, 'drop'],
  [CTA_STATS.EARLY_DROP, 'early_drop'],
  [CTA_STATS.ERROR, 'icmp_error'],
  [CTA_STATS.SEARCH_RESTART, 'search_restart'],
  [CTA_STATS.CLASH_RESOLVE, 'clashres'],
  [CTA_STATS.CHAIN_TOOLONG, 'chainlength'],
]);

/** The datagram that asks for the counters of every CPU; the kernel repeats `sequence` in each message of its answer. */
export function encodeCpuStatsDump(sequence: number): Uint8Array {
  return encodeDumpRequest(CPU_STATS, sequence);
}

/**
 * One CPU_STATS message, given where its payload lies (net/netfilter/nf_conntrack_netlink.c,
 * ctnetlink_ct_stat_cpu_fill_info). A counter the kernel does not send is not in the row.
 * @throws RangeError at a length that does not fit
 */
export function decodeCpuStats(datagram: DataView, { from, to }: { from: number; to: number }): CpuStats {
  const { resourceId: cpu } = decodeNfgenmsg(datagram, from, to);
  const row = new Map<CounterName, number>();
  for (const attribute of attributes(datagram, from + NFGENMSG_BYTES, to)) {
    const column = COLUMN_OF.get(attribute.type);
    if (column !== undefined) row.set(column, unsigned32(datagram, attribute)); // Else a newer kernel says more than we know.
  }
  return { cpu, row };
}
