import { type Family, familyOf } from '../../model/address.ts';
import type { IdleTotal, StateTotal } from '../../model/flow-sample.ts';
import type { Timeout } from '../../model/reading.ts';
import { type SampleSize, shareOf } from './interval.ts';

/** Protocols by number (include/uapi/linux/in.h) that the kernel has a tracker for; all others are `other`. */
const PROTOCOL_NAMES = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [47, 'gre'],
  [58, 'icmpv6'],
  [132, 'sctp'],
  [136, 'udplite'],
]);

export const TCP = 6;

/** enum tcp_conntrack, include/uapi/linux/netfilter/nf_conntrack_tcp.h */
const TCP_STATES = [
  'none',
  'syn_sent',
  'syn_recv',
  'established',
  'fin_wait',
  'close_wait',
  'last_ack',
  'time_wait',
  'close',
  'syn_sent2',
];
export const TCP_ESTABLISHED = TCP_STATES.indexOf('established');

/** enum sctp_conntrack, include/uapi/linux/netfilter/nf_conntrack_sctp.h */
const SCTP_STATES = [
  'none',
  'closed',
  'cookie_wait',
  'cookie_echoed',
  'established',
  'shutdown_sent',
  'shutdown_recd',
  'shutdown_ack_sent',
  'heartbeat_sent',
];

/** enum ct_dccp_states, include/uapi/linux/netfilter/nf_conntrack_dccp.h of Linux before 6.16 */
const DCCP_STATES = ['none', 'request', 'respond', 'partopen', 'open', 'closereq', 'closing', 'timewait'];

const STATE_NAMES: Readonly<Record<string, readonly string[]>> = {
  tcp: TCP_STATES,
  sctp: SCTP_STATES,
  dccp: DCCP_STATES,
};

/** A flow table forwards the packets, and the kernel reports no state. */
const OFFLOADED = 13;
/** For protocols without states, from the status bits; above every state of the kernel and below 16. */
const UNREPLIED = 14;
const REPLIED = 15;
const BY_STATUS = new Map([
  [OFFLOADED, 'offloaded'],
  [UNREPLIED, 'unreplied'],
  [REPLIED, 'replied'],
]);

export function protocolName(protocol: number): string {
  return PROTOCOL_NAMES.get(protocol) ?? 'other';
}

/** An array by number, because a million flows are looked up. */
const TRACKED = Uint8Array.from({ length: 256 }, (_, protocol) => (PROTOCOL_NAMES.has(protocol) ? protocol : 0));

/** The number of a protocol in a key: 0 for all that are `other`, so that they share one key. */
export function trackedProtocol(protocol: number): number {
  return TRACKED[protocol] ?? 0;
}

export function stateName(protocol: string, state: number): string {
  return BY_STATUS.get(state) ?? STATE_NAMES[protocol]?.[state] ?? 'other';
}

/** Protocols whose destination port is a port and not an ICMP type or a GRE key. */
export function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === 17 || protocol === 132 || protocol === 33 || protocol === 136;
}

/** Rows listed by themselves: a hostile table may have flows in each of some 90 states of all protocols. */
const ROWS = 40;
const STATES = 16;
const PROTOCOLS = 256;

const SCTP = 132;
const DCCP = 33;

/** Counts flows by family, protocol and state. */
export class StateCount {
  /** One counter for every state the kernel can report, so that counting needs no names. */
  readonly #counts = new Uint32Array(2 * PROTOCOLS * STATES);

  /** @param state the kernel's number, negative when it gave none; @param isReplied IPS_SEEN_REPLY */
  add(family: number, protocol: number, state: number, isReplied: boolean): void {
    const slot = slotOf(protocol, state, isReplied);
    this.#counts[((family === 10 ? PROTOCOLS : 0) + protocol) * STATES + slot]! += 1;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  totals(sample: SampleSize): StateTotal[] {
    const rows = new Map<string, { family: Family; protocol: string; state: string; count: number }>();
    for (const [index, count] of this.#counts.entries()) {
      if (count > 0) addRow(rows, { ...labelsOf(index), count });
    }
    const sorted = [...rows.values()].sort((a, b) => b.count - a.count);
    const kept = new Map(sorted.slice(0, ROWS).map((row) => [nameOf(row), row]));
    for (const row of sorted.slice(ROWS)) addRow(kept, { ...row, protocol: 'other', state: 'other' });
    return [...kept.values()].map(({ count, ...labels }) => ({ ...labels, ...shareOf({ count, missed: 0 }, sample) }));
  }
}

function slotOf(protocol: number, state: number, isReplied: boolean): number {
  if (state >= 0) return Math.min(state, OFFLOADED - 1); // States above the known ones are `other`.
  if (protocol === TCP || protocol === SCTP || protocol === DCCP) return OFFLOADED;
  return isReplied ? REPLIED : UNREPLIED;
}

type Row = { readonly family: Family; readonly protocol: string; readonly state: string; readonly count: number };

function addRow(rows: Map<string, Row>, row: Row): void {
  const name = nameOf(row);
  rows.set(name, { ...row, count: row.count + (rows.get(name)?.count ?? 0) });
}

function nameOf({ family, protocol, state }: Row): string {
  return `${family} ${protocol} ${state}`;
}

function labelsOf(index: number): Omit<Row, 'count'> {
  const state = index % STATES;
  const protocol = protocolName(Math.floor(index / STATES) % PROTOCOLS);
  const family = familyOf(index < PROTOCOLS * STATES ? 2 : 10);
  return { family, protocol, state: stateName(protocol, state) };
}

/** nf_conntrack_tcp_timeout_max_retrans and nf_conntrack_tcp_timeout_unacknowledged by default. */
const UNSURE_SECONDS = 300;

/** Ten minutes, an hour, and the day that kube-proxy sets the timeout to. */
export const IDLE_SECONDS = [600, 3600, 86_400] as const;

/** How long an established TCP flow has been idle follows from its timeout, which each packet sets back to the full value. */
export type IdleRule = {
  readonly timeoutSeconds: number;
  /**
   * The longest timeout of a flow with retransmitted or unacknowledged data, whatever its state. A flow with less than this left
   * may be one of those, so it is not judged; an idle flow gets there only at the end of its timeout.
   */
  readonly unsureSeconds: number;
};

/** Undefined where the timeout of established TCP flows is not known. */
export function idleRuleOf(timeouts: readonly Timeout[]): IdleRule | undefined {
  const seconds = (state: string) => timeouts.find((it) => it.protocol === 'tcp' && it.state === state)?.seconds;
  const timeoutSeconds = seconds('established');
  if (timeoutSeconds === undefined) return undefined;
  const unsure = Math.max(seconds('max_retrans') ?? UNSURE_SECONDS, seconds('unacknowledged') ?? UNSURE_SECONDS);
  return { timeoutSeconds, unsureSeconds: unsure };
}

/** Counts established TCP flows by how long they have been idle. */
export class IdleCount {
  #rule: IdleRule | undefined;
  readonly #counts = new Uint32Array(IDLE_SECONDS.length);
  #longest = -1;

  clear(rule: IdleRule | undefined): void {
    this.#rule = rule;
    this.#counts.fill(0);
    this.#longest = -1;
  }

  /** @param leftSeconds timeout of an established TCP flow; negative when the kernel gave none */
  add(leftSeconds: number): void {
    if (this.#rule === undefined || leftSeconds <= this.#rule.unsureSeconds) return;
    const idle = Math.max(0, this.#rule.timeoutSeconds - leftSeconds); // Below 0 after the sysctl was lowered.
    for (let i = 0; i < IDLE_SECONDS.length; i += 1) if (idle > IDLE_SECONDS[i]!) this.#counts[i]! += 1;
    if (idle > this.#longest) this.#longest = idle;
  }

  get longestSeconds(): number | undefined {
    return this.#longest < 0 ? undefined : this.#longest;
  }

  totals(sample: SampleSize): IdleTotal[] | undefined {
    if (this.#rule === undefined) return undefined;
    return IDLE_SECONDS.map((overSeconds, i) => {
      return { overSeconds, ...shareOf({ count: this.#counts[i]!, missed: 0 }, sample) };
    });
  }
}
