import type { BuildInfo } from '../metrics/family.ts';
import type { Log } from '../model/log.ts';

/** What only main.ts may touch. */
export type ProcessContext = {
  readonly log: Log;
  readonly build: BuildInfo;
  readonly clock: () => number;
  readonly wallClock: () => number;
  /** Beside the program, wherever that is. */
  readonly pageFolder: URL;
};
