/** What the node's traffic asks of the table at one instant. */
export type NodeState = {
  /** Entries there would be without a limit. */
  readonly demand: number;
  readonly limit: number;
  /** Packets lost in insertion races, per second. */
  readonly racesPerSecond?: number;
  /** Packets lost because a hash chain was too long, per second. */
  readonly chainTooLongPerSecond?: number;
  /** Packets that fit no connection, per second. They are counted, not lost. */
  readonly invalidPerSecond?: number;
};

/** From and to, in seconds. */
export type Span = readonly [number, number];

/**
 * What a person would want: a page (a critical alert, which wakes somebody) when packets are lost because the table is
 * full; a ticket (any other alert) when something is wrong that can wait for the morning; nothing when the node is healthy.
 */
export type Deserved = 'page' | 'ticket' | 'nothing';

/** What happens on one node, from the start of the agent. */
export type Trace = {
  readonly name: string;
  readonly deserves: Deserved;
  readonly seconds: number;
  /** Is asked second by second from 0 on, as the noise is drawn anew at 0. */
  readonly at: (second: number) => NodeState;
  /** Milliseconds between two samples; 100 by default. */
  readonly sampleMs?: number;
  /**
   * When the rise begins that fills the table: who watches it can know of the loss from here on. The time from here to
   * the first loss is how long the rise takes. Undefined where nothing announces the loss.
   */
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
