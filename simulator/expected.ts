/** What must be seen of a node, by its timeline alone: nothing here has met the agent. */
import { filesOf } from './kernel-files.ts';
import { type Cause, entriesAt, isAgentDown, limitAt, type SimulatedNode, tableAt } from './timeline.ts';

const PEAK_SECONDS = 60;
const STEP_SECONDS = 0.01;
const SLOPE_SECONDS = 60;

/** Undefined where nothing may be shown. */
export type Expected = {
  readonly node: string;
  readonly cluster: string;
  readonly scenario: string;
  readonly isUp: boolean;
  readonly inHostNetns: boolean | undefined;
  readonly hasCounters: boolean | undefined;
  readonly entries: number | undefined;
  readonly limit: number | undefined;
  /** Highest of the trailing minute. */
  readonly peak: number | undefined;
  readonly usage: number | undefined;
  /** What is left at the worst of the last minute. */
  readonly headroom: number | undefined;
  /** Entries a second of the node's time over the last minute; not a trend where the table swings. */
  readonly growthPerSecond: number | undefined;
  /** Seconds of the node's time; Infinity where it does not fill, 0 where packets are dropped. */
  readonly secondsUntilFull: number | undefined;
  readonly entriesPerBucket: number | undefined;
  /** Packets since second 0, those that the kernel counts. */
  readonly lost: Readonly<Partial<Record<Cause, number>>>;
};

/** @param t seconds of the node's time */
export function expectedOf(node: SimulatedNode, t: number): Expected {
  const { name, cluster, scenario, timeline } = node;
  const isUp = !isAgentDown(timeline, t);
  const files = filesOf(node.kernel);
  const identity = { node: name, cluster, scenario, isUp };
  if (!isUp) return { ...identity, ...NOTHING };
  const entries = entriesAt(node, t);
  const limit = limitAt(node, t);
  const peak = peakOf(node, t);
  const growthPerSecond = (entries - entriesAt(node, Math.max(0, t - SLOPE_SECONDS))) / Math.min(t, SLOPE_SECONDS);
  const isDropping = tableAt(node, t).lost.room > tableAt(node, Math.max(0, t - 1)).lost.room;
  return {
    ...identity,
    inHostNetns: files.get('net/dev') === files.get('1/net/dev'),
    hasCounters: files.has('net/stat/nf_conntrack'),
    entries,
    limit,
    peak,
    usage: entries / limit,
    headroom: limit - peak,
    growthPerSecond,
    secondsUntilFull: isDropping ? 0 : growthPerSecond > 0 ? (limit - entries) / growthPerSecond : Infinity,
    entriesPerBucket: entries / node.buckets,
    lost: files.has('net/stat/nf_conntrack') ? tableAt(node, t).lost : {},
  };
}

const NOTHING = {
  inHostNetns: undefined,
  hasCounters: undefined,
  entries: undefined,
  limit: undefined,
  peak: undefined,
  usage: undefined,
  headroom: undefined,
  growthPerSecond: undefined,
  secondsUntilFull: undefined,
  entriesPerBucket: undefined,
  lost: {},
} as const;

function peakOf(node: SimulatedNode, t: number): number {
  let peak = 0;
  for (let at = Math.max(0, t - PEAK_SECONDS); at < t; at += STEP_SECONDS) peak = Math.max(peak, entriesAt(node, at));
  return Math.max(peak, entriesAt(node, t));
}

/** Packets lost between two moments, by cause; 0 where the kernel counts none. */
export function lostBetween(node: SimulatedNode, from: number, to: number, cause: Cause): number {
  const at = (t: number) => expectedOf(node, t).lost[cause] ?? 0;
  return at(to) - at(from);
}

/** The sum of what is known; undefined where nothing is. */
export function sumOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}
