import type { Share } from '../../model/share.ts';
import { type SampleSize, shareOf } from './interval.ts';
import { hasPorts } from './states.ts';

const PROTOCOLS = 256;
/** Their identifiers are translated as ports are (net/netfilter/nf_nat_core.c, nf_nat_l4proto_unique_tuple). */
const ICMP = 1;
const ICMPV6 = 58;

/** include/uapi/linux/in.h; others have their number as name. */
const NAMES = new Map([
  [4, 'IPIP'],
  [41, 'IPv6 in IPv4'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [112, 'VRRP'],
]);
const LISTED = 3;

/** Counts flows that source NAT translates and for which it has no port or identifier to choose, by protocol. */
export class SnatWithoutPorts {
  readonly #counts = new Uint32Array(PROTOCOLS);

  clear(): void {
    this.#counts.fill(0);
  }

  /** A flow whose source is translated. */
  add(protocol: number): void {
    if (hasPorts(protocol) || protocol === ICMP || protocol === ICMPV6) return;
    this.#counts[protocol]! += 1;
  }

  /** Most first. */
  top(sample: SampleSize): readonly ({ readonly protocol: string } & Share)[] {
    return Array.from(this.#counts, (count, protocol) => ({ count, protocol }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count)
      .slice(0, LISTED)
      .map(({ count, protocol }) => ({
        protocol: NAMES.get(protocol) ?? `protocol ${protocol}`,
        ...shareOf({ count, missed: 0 }, sample),
      }));
  }
}
