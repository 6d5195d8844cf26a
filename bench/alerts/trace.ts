/** What the node's traffic asks of the table at one instant. */
export type Moment = {
  /** Entries there would be if there were room for all of them. */
  readonly demand: number;
  readonly limit: number;
  /** Packets lost in insertion races, per second. */
  readonly racesPerSecond?: number;
};

/** From and to, in seconds. */
export type Span = readonly [number, number];

/**
 * What a person would want: a page, when packets are lost for want of room; a ticket, when something is wrong that
 * does not burn; nothing, when the node is healthy.
 */
export type Verdict = 'page' | 'ticket' | 'nothing';

/** One node's story, from the start of the agent. */
export type Trace = {
  readonly name: string;
  readonly deserves: Verdict;
  readonly seconds: number;
  readonly at: (second: number) => Moment;
  /** Milliseconds between two samples; 100 where nothing is said. */
  readonly sampleMs?: number;
  /** When the table begins to fill: who watches it can know of the loss from here on. */
  readonly risesAt?: number;
  /** The agent is not running. */
  readonly agentAway?: readonly Span[];
  /** Prometheus gets no answer. */
  readonly scrapesLost?: readonly Span[];
  /** What each 32-bit counter of each CPU shows at the start. */
  readonly countersFrom?: number;
};

export function isWithin(spans: readonly Span[] = [], second: number): boolean {
  return spans.some(([from, to]) => second >= from && second < to);
}

/** Uniform numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
