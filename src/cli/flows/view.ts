import type { Terminal } from './terminal.ts';

export type FlowsOptions = {
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly terminal: Terminal;
  /** Ends `--watch`. */
  readonly signal: AbortSignal;
};

/** What was seen, made into words for columns so many, or into JSON. */
export type View = { text(width: number): string; json(): unknown };

/** One look at the node. */
export type Look = (signal: AbortSignal) => Promise<View>;
