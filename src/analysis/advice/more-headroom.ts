import { tableBytes } from '../../model/kernel.ts';
import { count } from '../../model/numbers.ts';
import type { Sysctl } from './advice.ts';
import { kubeProxyLimit } from './kube-proxy.ts';
import type { Snapshot } from './snapshot.ts';

/** Where the peak of the look should be after a raise. */
const COMFORTABLE_USAGE = 0.5;
/** A table that takes more of the memory than this when full is not advised. */
export const MEMORY_SHARE = 0.125;

/**
 * A limit that leaves the peak of this look half of the table or more, and is no less than twice the present one and what
 * kube-proxy would set; undefined when the memory does not allow any above the present one. A power of two.
 */
function higherLimit({ peak = 0, limit, memory, cpus = 0 }: Snapshot): number | undefined {
  if (limit === undefined || limit === 0) return undefined;
  const wanted = powerOfTwoFrom(Math.max(2 * limit, peak / COMFORTABLE_USAGE, cpus > 0 ? kubeProxyLimit(cpus) : 0));
  if (memory === undefined) return wanted;
  const isAffordable = (entries: number) => tableBytes(entries, entries) <= memory.totalBytes * MEMORY_SHARE;
  const affordable = [wanted, wanted / 2].find(isAffordable);
  return affordable !== undefined && affordable > limit ? affordable : undefined;
}

/** A higher limit where the memory has room for it; else there is only the holding of fewer entries. */
export function moreHeadroom(snapshot: Snapshot): { remedy: string[]; sysctls: Sysctl[] } {
  const limit = higherLimit(snapshot);
  const fewer = 'Find out who holds the entries (conntrack-agent flows), and shorten the timeouts that hold dead ones';
  if (limit === undefined) return { remedy: [`${fewer}: the memory has no room for a higher limit`], sysctls: [] };
  const sysctls = [{ key: 'net.netfilter.nf_conntrack_max', value: limit }, ...bucketsSetting(snapshot, limit)];
  return { remedy: [`Raise the limit to ${count(limit)}, with as many buckets`, fewer], sysctls };
}

/** The setting that makes the buckets as many as this limit, where they are fewer and a sysctl can do it: since Linux 4.7. */
export function bucketsSetting({ buckets = 0, kernel }: Snapshot, limit: number): Sysctl[] {
  const isTooOld = kernel !== undefined && (kernel.major < 4 || (kernel.major === 4 && kernel.minor < 7));
  const value = bucketsFor(limit);
  return isTooOld || buckets >= value ? [] : [{ key: 'net.netfilter.nf_conntrack_buckets', value }];
}

/** One bucket an entry, as the kernel itself makes it since 5.15; a bucket is 8 bytes, an entry 320. */
export function bucketsFor(limit: number): number {
  return powerOfTwoFrom(limit);
}

function powerOfTwoFrom(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}
