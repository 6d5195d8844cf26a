import {
  type FlowSample,
  rankedTimeouts,
  type ShorterTimeout,
  type TimeoutEffect,
  timeoutName,
} from '../../model/flows.ts';
import type { Timeout } from '../../model/reading.ts';
import { serviceText } from '../../model/text/address.ts';
import { count, duration, percent } from '../../model/text/numbers.ts';
import { USUAL_TIMEOUTS } from '../flows/timeout-rules.ts';
import { type Advice, isBusy, NOTHING_TO_DO, type Severity, type Snapshot, timeoutOf } from './snapshot.ts';

/** A timeout is worth shortening when that frees at least this share of the table. */
const WORTH_SHARE = 0.1;

const UNKNOWN = 'how many entries that holds cannot be told without a flow sample';
const OLD_TIMERS = 'entries that stand keep the timer they have';

/**
 * Timeouts that keep entries of dead flows: with a flow sample those that would free much if they were shorter, most first;
 * then those that are longer than any flow needs.
 */
export function adviceOnTimeouts(snapshot: Snapshot): Advice[] {
  if (snapshot.timeouts.length === 0) return [];
  const holding = snapshot.flowSample === undefined ? [] : holdingTimeouts(snapshot.flowSample);
  const named = new Set(holding.map(({ timeout }) => timeoutName(timeout)));
  const long = LONG_TIMEOUTS.filter((rule) => !named.has(timeoutName(rule)));
  const found = [
    ...holding.map((one) => adviceOnHolding(one, snapshot)),
    ...long.flatMap((rule) => adviceOnLong(rule, snapshot)),
  ];
  if (found.length > 0) return found;
  const established = timeoutOf(snapshot, 'tcp', 'established');
  const text = established === undefined ? [] : [`idle TCP connections are kept for ${duration(established)}`];
  const title = 'The timeouts are reasonable';
  return [{ id: 'timeouts-fine', severity: 'ok', title, seen: text, ...NOTHING_TO_DO }];
}

type Holding = { readonly timeout: TimeoutEffect; readonly shorter: ShorterTimeout };

/** Each with the longest value that would free enough. */
function holdingTimeouts({ timeouts }: FlowSample): Holding[] {
  return rankedTimeouts(timeouts).flatMap((ranked) => {
    const timeout = timeouts.find((one) => timeoutName(one) === timeoutName(ranked))!;
    const shorter = timeout.shorter.find(({ share }) => share >= WORTH_SHARE);
    return shorter === undefined ? [] : [{ timeout, shorter }];
  });
}

function adviceOnHolding({ timeout, shorter }: Holding, { flowSample }: Snapshot): Advice {
  const rule = LONG_TIMEOUTS.find((one) => timeoutName(one) === timeoutName(timeout));
  const { seconds, longestIdle } = timeout;
  const [longest] = longestIdle;
  const freed = `${duration(shorter.seconds)} would free ${freedText(shorter, flowSample!)}`;
  const idle = longest && `idle for up to ${duration(longest.idleSeconds)}, to ${serviceText(longest)}`;
  return {
    id: rule === undefined ? 'other-timeout-holds' : `${rule.id}-holds`,
    severity: 'warning',
    title: rule?.title ?? `Entries under ${timeoutName(timeout)} fill the table`,
    seen: [`${duration(seconds)}; ${freed}`, ...(idle === undefined ? [] : [idle])],
    meaning: rule?.meaning ?? 'They are kept until this timeout ends, unless a packet comes',
    remedy: [`Shorten it to ${duration(shorter.seconds)}; ${OLD_TIMERS}${rule?.caveat ?? ''}`],
    sysctls: [{ key: sysctlOf(timeout), value: shorter.seconds }],
  };
}

function heldText({ shorter, raisedFrom }: TimeoutEffect, flowSample: FlowSample): string {
  const known = shorter.at(-1);
  if (known === undefined) return UNKNOWN;
  if (raisedFrom === undefined) return `${duration(known.seconds)} would free ${freedText(known, flowSample)}`;
  return `how long entries have been idle is not known: it seems to have been raised from ${duration(raisedFrom)} meanwhile`;
}

function freedText({ flows, share, low, high }: ShorterTimeout, { isComplete }: FlowSample): string {
  const within = isComplete ? '' : ` (between ${percent(low)} and ${percent(high)})`;
  const entries = flows === undefined ? '' : `about ${count(flows)} entries, `;
  return `${entries}${percent(share)} of the table${within}`;
}

function sysctlOf(timeout: Pick<Timeout, 'protocol' | 'state'>): string {
  return `net.netfilter.nf_conntrack_${timeoutName(timeout)}`;
}

function adviceOnLong(rule: LongTimeout, snapshot: Snapshot): Advice[] {
  const seconds = timeoutOf(snapshot, rule.protocol, rule.state);
  const shorter = USUAL_TIMEOUTS[timeoutName(rule)]?.find((one) => one < (seconds ?? 0));
  if (seconds === undefined || seconds <= rule.longAbove || shorter === undefined) return [];
  const { flowSample } = snapshot;
  const severity: Severity = flowSample === undefined && isBusy(snapshot) ? 'warning' : 'ok';
  const effect = flowSample?.timeouts.find((one) => timeoutName(one) === timeoutName(rule));
  const held = effect === undefined ? UNKNOWN : heldText(effect, flowSample!);
  return [
    {
      id: severity === 'warning' ? `${rule.id}-holds` : `${rule.id}-long`,
      severity,
      title: rule.note,
      seen: [`${duration(seconds)}; ${held}`],
      meaning: rule.meaning,
      remedy: [`Shorten it to ${duration(shorter)}; ${OLD_TIMERS}${rule.caveat}`],
      sysctls: severity === 'warning' ? [{ key: sysctlOf(rule), value: shorter }] : [],
    },
  ];
}

/** A timeout that may keep entries of flows that have ended. */
type LongTimeout = {
  readonly id: string;
  readonly protocol: string;
  readonly state: string;
  /** Above this it is longer than any flow needs. */
  readonly longAbove: number;
  /** The title when it keeps many entries, and when it is only long. */
  readonly title: string;
  readonly note: string;
  readonly meaning: string;
  readonly caveat: string;
};

const DAY = 86_400;
const HOUR = 3600;

export const LONG_TIMEOUTS: readonly LongTimeout[] = [
  {
    id: 'established',
    protocol: 'tcp',
    state: 'established',
    longAbove: DAY,
    title: 'Dead TCP connections are kept for long',
    note: 'Idle TCP connections are kept for long',
    meaning: 'A connection whose end was never seen (a killed host, a lost RST) keeps its entry for all of this time',
    caveat: '. kube-proxy sets it too (conntrack.tcpEstablishedTimeout, 24 h by default)',
  },
  {
    id: 'close-wait',
    protocol: 'tcp',
    state: 'close_wait',
    longAbove: HOUR,
    title: 'Half-closed TCP connections are kept for long',
    note: 'Half-closed TCP connections are kept for long',
    meaning: 'The client has closed and the server has not: most often a server that leaks its sockets',
    caveat:
      ' and mend the server. kube-proxy sets it to an hour (conntrack.tcpCloseWaitTimeout), so that slow servers keep their NAT',
  },
  {
    id: 'time-wait',
    protocol: 'tcp',
    state: 'time_wait',
    longAbove: 120,
    title: 'Closed TCP connections fill the table',
    note: 'Closed TCP connections are kept for long',
    meaning: 'Short connections, one after the other: each leaves its entry behind for this long',
    caveat: '; better, have the clients keep their connections',
  },
  {
    id: 'udp',
    protocol: 'udp',
    state: 'default',
    longAbove: 60,
    title: 'UDP without a reply fills the table',
    note: 'UDP without a reply is kept for long',
    meaning: 'DNS questions, scans or floods that nobody answers',
    caveat: '',
  },
  {
    id: 'udp-stream',
    protocol: 'udp',
    state: 'stream',
    longAbove: 180,
    title: 'UDP with replies fills the table',
    note: 'UDP with replies is kept for long',
    meaning: 'Some of it is long over: DNS that was asked twice from one port is kept as a stream',
    caveat: '; QUIC and VPN have to send more often than this',
  },
];
