import { timeoutName } from '../../model/flows.ts';
import type { Timeout } from '../../model/reading.ts';
import { STREAM, slotsOfProtocol, slotsOfState } from './states.ts';

/** Values asked for, in seconds, by the name of their timeout. */
export type AskedTimeouts = ReadonlyMap<string, number>;

/** How the entries of one timeout are told from others, and what they are compared with. */
export type TimeoutRule = {
  readonly timeout: Timeout;
  /** Idle times to count entries above, ascending. */
  readonly limits: readonly number[];
  /** The limits that are shorter values of the timeout, longest first. */
  readonly shorter: readonly number[];
  /**
   * An entry with no more than this left may have been given a shorter timer than this timeout; negative where that cannot
   * be.
   */
  readonly unsureSeconds: number;
  /**
   * An entry with no more than this left may have its timer from before the timeout was raised to what it is; negative where no such
   * value is known.
   */
  readonly raisedFrom: number;
  /** The timeout was seen to be raised, and entries from before may still be there. */
  readonly isRaised: boolean;
  /** See slotOf(). */
  readonly slots: readonly number[];
};

/** Ten minutes, an hour, and the day that kube-proxy sets the timeout of established TCP flows to. */
export const IDLE_SECONDS = [600, 3600, 86_400] as const;

const DAY = 86_400;
/** RFC 5382, REQ-5: a NAT must keep an idle established connection for 2 h 4 min at least; TCP keepalive asks every 2 h. */
const LEAST_ESTABLISHED = 7440;

/** Values that timeouts can be shortened to on most nodes, longest first; of others, and below these, half of what is set. */
export const USUAL_TIMEOUTS: Readonly<Record<string, readonly number[]>> = {
  tcp_timeout_established: [DAY, LEAST_ESTABLISHED],
  tcp_timeout_close_wait: [60],
  tcp_timeout_fin_wait: [120, 60],
  tcp_timeout_time_wait: [120, 30],
  tcp_timeout_syn_sent: [60, 20],
  tcp_timeout_syn_recv: [30],
  udp_timeout: [30, 10],
  udp_timeout_stream: [120, 60],
  icmp_timeout: [10],
  generic_timeout: [120, 60],
};

/** nf_conntrack_tcp_timeout_max_retrans and nf_conntrack_tcp_timeout_unacknowledged by default. */
const UNSURE_SECONDS = 300;
/** They time flows of every state, so a listing does not tell which. */
const NOT_OF_A_STATE: ReadonlySet<string> = new Set(['tcp_timeout_max_retrans', 'tcp_timeout_unacknowledged']);

/** The other value that a timeout often has: kube-proxy sets it, and without kube-proxy the kernel's own is the higher one. */
const OFTEN_RAISED_FROM: Readonly<Record<string, number>> = { tcp_timeout_established: DAY };

/**
 * Rules for every timeout whose entries a listing tells.
 * @param asked replaces the usual values of those it names
 * @param raised timeouts that were lower when entries were made that may still be there, with the value then
 */
export function timeoutRulesOf(
  timeouts: readonly Timeout[],
  asked?: AskedTimeouts,
  raised: ReadonlyMap<string, number> = new Map(),
): TimeoutRule[] {
  const names = new Set(timeouts.map(({ protocol }) => protocol));
  return timeouts.flatMap((timeout) => {
    const slots = slotsOf(timeout, names);
    if (slots.length === 0 || NOT_OF_A_STATE.has(timeoutName(timeout))) return [];
    const shorter = shorterValues(timeout, asked);
    const limits = new Set([...shorter, ...(isEstablished(timeout) ? IDLE_SECONDS : [])]);
    const unsureSeconds = timeout.protocol === 'tcp' ? unsureBelow(timeout.seconds, timeouts) : -1;
    const name = timeoutName(timeout);
    const before = raised.get(name) ?? OFTEN_RAISED_FROM[name] ?? -1;
    const raisedFrom = before < timeout.seconds ? before : -1;
    const sorted = [...limits].sort((a, b) => a - b);
    return [{ timeout, shorter, limits: sorted, unsureSeconds, raisedFrom, isRaised: raised.has(name), slots }];
  });
}

export function isEstablished({ protocol, state }: Timeout): boolean {
  return protocol === 'tcp' && state === 'established';
}

function shorterValues(timeout: Timeout, asked?: AskedTimeouts): readonly number[] {
  const name = timeoutName(timeout);
  const wanted = asked?.get(name);
  if (wanted !== undefined) return wanted < timeout.seconds ? [wanted] : [];
  const usual = (USUAL_TIMEOUTS[name] ?? []).filter((seconds) => seconds < timeout.seconds);
  const half = Math.floor(timeout.seconds / 2);
  return usual.length > 0 || half === 0 ? usual : [half];
}

/**
 * A flow with retransmitted or unacknowledged data gets the timer of that, whatever its state, where it is the shorter one
 * (net/netfilter/nf_conntrack_proto_tcp.c, nf_conntrack_tcp_packet).
 */
function unsureBelow(seconds: number, timeouts: readonly Timeout[]): number {
  const others = ['max_retrans', 'unacknowledged'].map(
    (state) => timeouts.find((it) => it.protocol === 'tcp' && it.state === state)?.seconds ?? UNSURE_SECONDS,
  );
  return Math.max(-1, ...others.filter((other) => other < seconds));
}

/**
 * UDP and GRE have one timeout for a flow that is assured, which it is from the packet on that also gives it that timer, and
 * one for all others. UDP-Lite has had its own until Linux 5.0, and what has no tracker shares the generic one.
 */
function slotsOf({ protocol, state }: Timeout, names: ReadonlySet<string>): readonly number[] {
  switch (protocol) {
    case 'udp':
    case 'udplite':
    case 'gre': {
      const protocols = protocol === 'udp' && !names.has('udplite') ? ['udp', 'udplite'] : [protocol];
      const slots = protocols.flatMap((name) => slotsOfProtocol(name));
      return slots.filter((slot) => (slot % STREAM.slots === STREAM.slot) === (state === 'stream'));
    }
    case 'icmp':
    case 'icmpv6':
      return slotsOfProtocol(protocol);
    case 'generic':
      return [...slotsOfProtocol('other'), ...(names.has('gre') ? [] : slotsOfProtocol('gre'))];
    default:
      return slotsOfState(protocol, state);
  }
}

type Raise = { readonly from: number; readonly untilMs: number };

/** Remembers which timeouts were raised: an entry keeps the timer that its last packet gave it, for as long as the old timeout at most. */
export class RaisedTimeouts {
  readonly #seconds = new Map<string, number>();
  readonly #raises = new Map<string, Raise>();

  /** By name, the value before, of those raised so lately that entries from before may still be there. */
  at(timeouts: readonly Timeout[], atMs: number): ReadonlyMap<string, number> {
    for (const timeout of timeouts) {
      const name = timeoutName(timeout);
      const before = this.#seconds.get(name);
      this.#seconds.set(name, timeout.seconds);
      if (before === undefined || before >= timeout.seconds) continue;
      const from = Math.max(before, this.#raises.get(name)?.from ?? 0);
      this.#raises.set(name, { from, untilMs: atMs + from * 1000 });
    }
    for (const [name, { untilMs }] of this.#raises) if (atMs >= untilMs) this.#raises.delete(name);
    return new Map(Array.from(this.#raises, ([name, { from }]) => [name, from]));
  }
}
