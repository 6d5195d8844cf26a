/** Which flow timeouts are read and exported. */
export const TIMEOUT_SETS = ['common', 'all', 'none'] as const;

export type TimeoutSet = (typeof TIMEOUT_SETS)[number];

/** The protocols that fill tables in practice; the others would be a fifth of all series, and nobody alerts on them. */
const COMMON: ReadonlySet<string> = new Set(['tcp', 'udp', 'icmp', 'icmpv6', 'generic']);

/** Whether a protocol's timeouts are in the set. */
export function isInTimeoutSet(set: TimeoutSet, protocol: string): boolean {
  return set === 'all' || (set === 'common' && COMMON.has(protocol));
}
