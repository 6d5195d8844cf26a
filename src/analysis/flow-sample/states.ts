/** Protocols by number (include/uapi/linux/in.h) that the kernel has a tracker for; all others are `other`. */
const PROTOCOLS = new Map([
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

const STATES: Readonly<Record<string, readonly string[]>> = { tcp: TCP_STATES, sctp: SCTP_STATES, dccp: DCCP_STATES };

/** A flow table forwards the packets and the kernel tells no state. */
export const OFFLOADED = 13;
/** For protocols without states, what the status bits say; above every state of the kernel's and below 16. */
export const UNREPLIED = 14;
export const REPLIED = 15;
const BY_STATUS = new Map([
  [OFFLOADED, 'offloaded'],
  [UNREPLIED, 'unreplied'],
  [REPLIED, 'replied'],
]);

export function protocolName(protocol: number): string {
  return PROTOCOLS.get(protocol) ?? 'other';
}

/** By number, because a million flows are looked up. */
const TRACKED = Uint8Array.from({ length: 256 }, (_, protocol) => (PROTOCOLS.has(protocol) ? protocol : 0));

/** The number that stands for a protocol in a key: 0 for all that are `other`, or they would make several alike. */
export function trackedProtocol(protocol: number): number {
  return TRACKED[protocol] ?? 0;
}

export function stateName(protocol: string, state: number): string {
  return BY_STATUS.get(state) ?? STATES[protocol]?.[state] ?? 'other';
}

/** Protocols whose destination port is one, not an ICMP type or a key of GRE. */
export function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === 17 || protocol === 132 || protocol === 33 || protocol === 136;
}
