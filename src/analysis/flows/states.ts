import type { StateTotal } from '../../model/flows.ts';
import { IPS } from '../../model/kernel.ts';
import { AF_INET, AF_INET6, type Family, familyOf } from '../../model/text/address.ts';
import { type SampleSize, shareOf } from './confidence-interval.ts';

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

const TCP = 6;

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

/** Of a protocol without states a flow with replies that is assured. Above every state of the kernel and below 16, as the next. */
const ASSURED = 12;
/** A flow table forwards the packets, and the kernel reports no state. */
const OFFLOADED = 13;
/** For protocols without states, from the status bits. */
const UNREPLIED = 14;
const REPLIED = 15;
const BY_STATUS = new Map([
  [ASSURED, 'replied'],
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

/** Where the slot of an assured flow of a protocol without states is, of so many a protocol. */
export const STREAM = { slot: ASSURED, slots: STATES } as const;

/**
 * The number of protocol and state together, below SLOTS.
 * @param state the kernel's number, negative when it gave none; @param status bits of IPS
 */
export function slotOf(protocol: number, state: number, status: number): number {
  if (state >= 0) return protocol * STATES + Math.min(state, ASSURED - 1); // States above the known ones are `other`.
  if ((status & (IPS.OFFLOAD | IPS.HW_OFFLOAD)) !== 0 && hasStates(protocol)) return protocol * STATES + OFFLOADED;
  if ((status & IPS.SEEN_REPLY) === 0) return protocol * STATES + UNREPLIED;
  return protocol * STATES + ((status & IPS.ASSURED) === 0 ? REPLIED : ASSURED);
}

/** Protocols whose tracker reports a state. Without that tracker the kernel has none for them, and only the status bits tell. */
function hasStates(protocol: number): boolean {
  return protocol === TCP || protocol === SCTP || protocol === DCCP;
}

export const SLOTS = PROTOCOLS * STATES;

/** Of a protocol without states. */
export function slotsOfProtocol(name: string): number[] {
  const protocols = Array.from({ length: PROTOCOLS }, (_, protocol) => protocol);
  const own = protocols.filter((protocol) => protocolName(protocol) === name);
  return own.flatMap((protocol) => [ASSURED, UNREPLIED, REPLIED].map((slot) => protocol * STATES + slot));
}

/** Empty where the state is none that a listing tells. */
export function slotsOfState(name: string, state: string): number[] {
  const number = STATE_NAMES[name]?.indexOf(state) ?? -1;
  if (number < 0) return [];
  return Array.from(PROTOCOL_NAMES, ([protocol, own]) => (own === name ? [protocol * STATES + number] : [])).flat();
}

/** Counts flows by family, protocol and state. */
export class StateCount {
  /** One counter for every state the kernel can report, so that counting needs no names. */
  readonly #counts = new Uint32Array(2 * SLOTS);

  add(family: number, slot: number): void {
    this.#counts[family === AF_INET6 ? SLOTS + slot : slot]! += 1;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  /** Flows of both families. */
  countOf(slots: readonly number[]): number {
    return slots.reduce((sum, slot) => sum + this.#counts[slot]! + this.#counts[SLOTS + slot]!, 0);
  }

  totals(sample: SampleSize): StateTotal[] {
    const rows = new Map<string, Row>();
    for (const [index, count] of this.#counts.entries()) {
      if (count > 0) addRow(rows, { ...labelsOf(index), count });
    }
    const sorted = [...rows.values()].sort((a, b) => b.count - a.count);
    const kept = new Map(sorted.slice(0, ROWS).map((row) => [nameOf(row), row]));
    for (const row of sorted.slice(ROWS)) addRow(kept, { ...row, protocol: 'other', state: 'other' });
    return [...kept.values()].map(({ count, ...labels }) => ({ ...labels, ...shareOf({ count, missed: 0 }, sample) }));
  }
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
  const family = familyOf(index < SLOTS ? AF_INET : AF_INET6);
  return { family, protocol, state: stateName(protocol, state) };
}
