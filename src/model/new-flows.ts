import type { DestinationLabel, SourceLabel } from './address.ts';
import type { Share } from './share.ts';

/** Who opens flows, as a share of all new flows. */
export type Opener<Label> = Label & Pick<Share, 'share' | 'low' | 'high'> & { readonly perSecond: number };

export type Openers<Label> = {
  /** Most new flows first. */
  readonly top: readonly Opener<Label>[];
  /** New flows a second of all others together. */
  readonly otherPerSecond: number;
};

/** The new flows of one window of time, as the kernel told of them. */
export type NewFlows = {
  readonly windowSeconds: number;
  /** Flows the kernel told of. */
  readonly heard: number;
  /** Flows it had no room to tell of. They are in the rate, and the shares are of those it told of. */
  readonly lost: number;
  readonly perSecond: number;
  /** 95 % interval of the rate: what chance makes of as many arrivals. */
  readonly low: number;
  readonly high: number;
  readonly sources: Openers<SourceLabel>;
  readonly destinations: Openers<DestinationLabel>;
};

/** New flows, and when they were counted. */
export type CountedNewFlows = {
  readonly newFlows: NewFlows;
  /** When the window ended, milliseconds of the monotonic clock. */
  readonly endedMs: number;
};

/** Whether the new flows of now explain the entries of now. */
export type LevelConclusion = 'agrees' | 'more_entries' | 'fewer_entries';

/** New flows a second times the mean time that an entry stays, against the entries there are (Little's law). */
export type Level = {
  readonly perSecond: number;
  /** By the states of the entries and the timeouts of these. */
  readonly meanResidenceSeconds: number;
  readonly expected: number;
  /** Entries that only a timeout ends. The others are open connections, which no rate explains. */
  readonly shortLived: number;
  readonly longLived: number;
  readonly conclusion: LevelConclusion;
};
