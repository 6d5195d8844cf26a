import type { SnatPortsUsed } from './snat-ports.ts';

/** The numbers that alarms are judged by. A member is undefined where it is not known; alarms on it are then not judged. */
export type AlarmInputs = {
  /** Entries as a share of the limit. */
  readonly usage: number | undefined;
  /** Whether packets were dropped for a full table in the last three seconds; undefined where the kernel's counters do not tell. */
  readonly isDropping: boolean | undefined;
  /** Share of the last ten minutes above `highUsage`, of the last five above `nearlyFullUsage`, of the last hour above `sustainedUsage`. */
  readonly highTimeShare: number;
  readonly nearlyFullTimeShare: number;
  /** 0 until an hour has been seen. */
  readonly sustainedTimeShare: number;
  /** Infinity when the table is not filling. */
  readonly secondsUntilFull: number;
  /** Whether the table will be full within `timeToActMs` and has risen above the recent maximum. */
  readonly isFillingUp: boolean;
  /** Whether the rise has used so much of the headroom, for so long, that it will most likely fill the table. */
  readonly isSteepRise: boolean;
  readonly entriesPerBucket: number | undefined;
  /** Packets lost to races for one entry; as the three rates below a mean of ten minutes. */
  readonly insertFailuresPerSecond: number | undefined;
  /** New flows for which source NAT had no free port. */
  readonly snatPortsExhaustedPerSecond: number | undefined;
  /** Flows for which NAT had no port to choose. */
  readonly natWithoutPortsPerSecond: number | undefined;
  /** Of the last flow sample: protocols without ports that source NAT translates, most flows first; undefined without one. */
  readonly protocolsWithoutPorts: readonly string[] | undefined;
  /** Packets lost to one of these, where the counters do not tell which. */
  readonly unexplainedFailuresPerSecond: number | undefined;
  /** Of the last flow sample: ports in use of those usable, where the share is highest; undefined without one. */
  readonly snatPorts: SnatPortsUsed | undefined;
  /** Insertions that failed because of a long hash chain, within ten minutes. */
  readonly chainsTooLong: number | undefined;
  /** Packets dropped while the table had headroom; a mean of ten minutes. */
  readonly dropsBelowLimitPerSecond: number | undefined;
  /** Mean of five minutes. */
  readonly invalidPacketsPerSecond: number | undefined;
  /** Limit, the highest it was within the hour, and the lowest within five minutes. */
  readonly limit: number | undefined;
  readonly highestLimit: number | undefined;
  readonly lowestLimit: number | undefined;
  /** Share of the last five minutes in which the limit was below the highest of the hour. */
  readonly loweredTimeShare: number;
  /** Most entries within the peak window. */
  readonly peak: number | undefined;
  /** What the limit will be after the next start of kube-proxy. */
  readonly kubeProxyLimit: number | undefined;
  /** Connections that the cloud still lets the instance track. */
  readonly cloudAvailable: number | undefined;
  /** Until there are none of them left; Infinity while they do not become fewer, or more than half of the most there were is left. */
  readonly cloudSecondsUntilExceeded: number;
  /** Packets that the cloud dropped within the last minute because there were none left. */
  readonly cloudDropsLastMinute: number | undefined;
  /** Why the table cannot be read; empty when it can. */
  readonly noDataReasons: readonly string[];
  /** Scrapers that reconnect, a few words each. */
  readonly reconnectingScrapers: readonly string[] | undefined;
  /** Scrapers that have stopped while the table is full. */
  readonly overdueScrapers: readonly string[] | undefined;
  /** How long nobody has scraped; 0 before the first scraper. */
  readonly unscrapedMs: number | undefined;
  /** Alertmanagers to which alerts cannot be delivered, each with the reason; undefined where none is configured. */
  readonly failingAlertmanagers: readonly string[] | undefined;
};
