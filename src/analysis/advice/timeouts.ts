import type { FlowSample } from '../../model/flow-sample.ts';
import { count, duration, percent } from '../../model/numbers.ts';
import type { Share } from '../../model/share.ts';
import { usageOf } from '../../model/status.ts';
import type { Advice, Severity } from './advice.ts';
import { type Snapshot, timeoutOf } from './snapshot.ts';

/** Above this usage dead entries matter. Used only without a flow sample, which would tell how many there are. */
const BUSY_USAGE = 0.5;
/** A timeout is worth shortening when it keeps at least this share of the table. */
const WORTH_SHARE = 0.1;

const UNKNOWN = 'how many entries that holds cannot be told without a flow sample of the flows';

/** Timeouts that keep entries of dead flows, and with a flow sample how many they keep. */
export function adviceOnTimeouts(snapshot: Snapshot): Advice[] {
  if (snapshot.timeouts.length === 0) return [];
  const found = LONG_TIMEOUTS.flatMap((rule) => adviceOnOne(rule, snapshot));
  if (found.length > 0) return found;
  const established = timeoutOf(snapshot, 'tcp', 'established');
  const text = established === undefined ? [] : [`idle TCP connections are kept for ${duration(established)}`];
  const title = 'The timeouts are reasonable';
  return [{ id: 'timeouts-fine', severity: 'ok', title, seen: text, meaning: '', remedy: [], sysctls: [] }];
}

function adviceOnOne(rule: LongTimeout, snapshot: Snapshot): Advice[] {
  const seconds = timeoutOf(snapshot, rule.protocol, rule.state);
  if (seconds === undefined) return [];
  const held = snapshot.flowSample === undefined ? undefined : rule.holds(snapshot.flowSample, seconds);
  const shorter = rule.shorter.find((one) => one < seconds);
  const isHolding = held !== undefined && held.share >= WORTH_SHARE;
  const isLong = seconds > rule.longAbove;
  if (shorter === undefined || !(isHolding || isLong)) return [];
  const severity: Severity = isHolding || (held === undefined && isLong && isBusy(snapshot)) ? 'warning' : 'ok';
  const key = `net.netfilter.nf_conntrack_${rule.protocol}_timeout${rule.state === 'default' ? '' : `_${rule.state}`}`;
  return [
    {
      id: severity === 'warning' ? `${rule.id}-holds` : `${rule.id}-long`,
      severity,
      title: isHolding ? rule.title : rule.note,
      seen: [
        `${duration(seconds)}; ${held === undefined ? UNKNOWN : heldText(held, rule.held(seconds), snapshot.flowSample!)}`,
      ],
      meaning: rule.meaning,
      remedy: [`Shorten it to ${duration(shorter)}${rule.caveat}`],
      sysctls: severity === 'warning' ? [{ key, value: shorter }] : [],
    },
  ];
}

function isBusy({ peak, limit }: Snapshot): boolean {
  return (usageOf({ entries: peak, limit }) ?? 0) >= BUSY_USAGE;
}

function heldText(held: Share, what: string, flowSample: FlowSample): string {
  const within = flowSample.isComplete ? '' : ` (between ${percent(held.low)} and ${percent(held.high)})`;
  const flows = held.flows === undefined ? '' : `about ${count(held.flows)} entries, `;
  return `${flows}${percent(held.share)} of the table${within}, ${what}`;
}

/** A timeout that may keep entries of flows that have ended. */
type LongTimeout = {
  readonly id: string;
  readonly protocol: string;
  readonly state: string;
  /** Above this it is longer than any flow needs. */
  readonly longAbove: number;
  /** Values it may be shortened to, the longest first. */
  readonly shorter: readonly number[];
  /** The share of the table that it keeps and that is most likely dead; undefined where the flow sample does not contain it. */
  readonly holds: (flowSample: FlowSample, seconds: number) => Share | undefined;
  /** What `holds` counts. */
  readonly held: (seconds: number) => string;
  /** The title when it keeps many entries, and when it is only long. */
  readonly title: string;
  readonly note: string;
  readonly meaning: string;
  readonly caveat: string;
};

const DAY = 86_400;
const HOUR = 3600;
/** RFC 5382, REQ-5: a NAT must keep an idle established connection for 2 h 4 min at least; TCP keepalive asks every 2 h. */
const LEAST_ESTABLISHED = 7440;

export const LONG_TIMEOUTS: readonly LongTimeout[] = [
  {
    id: 'established',
    protocol: 'tcp',
    state: 'established',
    longAbove: DAY,
    shorter: [DAY, LEAST_ESTABLISHED],
    holds: ({ idle }, seconds) => idle?.find(({ overSeconds }) => overSeconds === (seconds > DAY ? DAY : HOUR)),
    held: (seconds) => `established but idle for more than ${seconds > DAY ? 'a day' : 'an hour'}`,
    title: 'Dead TCP connections are kept for long',
    note: 'Idle TCP connections are kept for long',
    meaning: 'A connection whose end was never seen (a killed host, a lost RST) keeps its entry for all of this time',
    caveat:
      '; entries there already keep the old time. kube-proxy sets it too (conntrack.tcpEstablishedTimeout, 24 h by default)',
  },
  {
    id: 'close-wait',
    protocol: 'tcp',
    state: 'close_wait',
    longAbove: HOUR,
    shorter: [60],
    holds: ({ states }) => states.find(({ protocol, state }) => protocol === 'tcp' && state === 'close_wait'),
    held: () => 'in CLOSE_WAIT',
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
    shorter: [120, 30],
    holds: ({ states }) => states.find(({ protocol, state }) => protocol === 'tcp' && state === 'time_wait'),
    held: () => 'in TIME_WAIT',
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
    shorter: [30, 10],
    holds: ({ states }) => states.find(({ protocol, state }) => protocol === 'udp' && state === 'unreplied'),
    held: () => 'of UDP without a reply',
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
    shorter: [120],
    holds: ({ states }) => states.find(({ protocol, state }) => protocol === 'udp' && state === 'replied'),
    held: () => 'of UDP with replies',
    title: 'UDP with replies fills the table',
    note: 'UDP with replies is kept for long',
    meaning: 'Some of it is long over: DNS that was asked twice from one port is kept as a stream',
    caveat: '; QUIC and VPN have to send more often than this',
  },
];
