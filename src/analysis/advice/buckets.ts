import { bytes, count } from '../../model/numbers.ts';
import type { Advice } from './advice.ts';
import { bucketsFor, bucketsSetting } from './more-headroom.ts';
import type { Snapshot } from './snapshot.ts';

/** What kube-proxy and kernels before 5.15 are content with. Each flow is in two chains, so they hold 8 on average then. */
const MOST_ENTRIES_A_BUCKET = 4;
const BUCKET_BYTES = 8;

/** Entries per bucket of the hash: what every packet has to walk. */
export function adviceOnBuckets(snapshot: Snapshot): Advice[] {
  const { limit, buckets, entries = 0 } = snapshot;
  if (limit === undefined || limit === 0 || buckets === undefined || buckets === 0) return [];
  const chain = (flows: number) => ((2 * flows) / buckets).toFixed(1);
  const seen = `${count(buckets)} buckets: chains of ${chain(entries)} now, of ${chain(limit)} when the table is full`;
  if (limit / buckets > MOST_ENTRIES_A_BUCKET) return [tooFew(snapshot, limit, seen)];
  const title = 'There are buckets enough';
  return [{ id: 'buckets-fine', severity: 'ok', title, seen: [seen], meaning: '', remedy: [], sysctls: [] }];
}

function tooFew(snapshot: Snapshot, limit: number, seen: string): Advice {
  const wanted = bucketsFor(limit);
  return {
    id: 'chains-long',
    severity: 'warning',
    title: 'The hash has too few buckets',
    seen: [seen],
    meaning:
      'Every packet walks such a chain, which costs CPU, and since Linux 5.15 a chain that is too long refuses the new flow',
    remedy: [
      `Raise the buckets to ${count(wanted)}, which takes ${bytes(wanted * BUCKET_BYTES)}; packets wait while the table is rehashed`,
      `Before Linux 4.7 write ${wanted} to /sys/module/nf_conntrack/parameters/hashsize; at boot: options nf_conntrack hashsize=${wanted} in /etc/modprobe.d`,
    ],
    sysctls: bucketsSetting(snapshot, limit),
  };
}
