/** Which flow timeouts are read and exported. */
export const TIMEOUT_SETS = ['common', 'all', 'none'] as const;

export type TimeoutSet = (typeof TIMEOUT_SETS)[number];

/** Those that decide how full a table is, and that anybody changes: the advice of doctor and the runbooks are about these. */
const COMMON: ReadonlySet<string> = new Set([
  'tcp established',
  'tcp close_wait',
  'tcp time_wait',
  'tcp syn_sent',
  'udp default',
  'udp stream',
]);

/** Whether the timeout of a protocol and state is in the set. */
export function isInTimeoutSet(set: TimeoutSet, { protocol, state }: { protocol: string; state: string }): boolean {
  return set === 'all' || (set === 'common' && COMMON.has(`${protocol} ${state}`));
}
