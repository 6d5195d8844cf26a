import type { BuildInfo } from '../metrics/family.ts';
import type { Log } from '../model/log.ts';

/** Clocks, log and build information, injected by main.ts. */
export type ProcessContext = {
  readonly log: Log;
  readonly build: BuildInfo;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** Milliseconds since the epoch; for people only. */
  readonly wallClock: () => number;
  /** Beside the program, wherever that is. */
  readonly pageFolder: URL;
};
