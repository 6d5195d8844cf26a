import type { SnatPortsUsed } from '../flows.ts';
import type { Thresholds } from './thresholds.ts';

/** What a row of the table of alarms has. */

export type Severity = 'critical' | 'warning';

/** What an alarm is about: the level of the table and its limit, packets that are lost, or whether the agent sees all this. */
export type AlarmSubject = 'table' | 'losses' | 'agent';

export type AlarmRow = {
  readonly id: string;
  /** In Alertmanager and in the Prometheus rules. */
  readonly alertname: string;
  readonly severity: Severity;
  /** Rules of one subject are one group in Prometheus, which evaluates groups beside each other. */
  readonly subject: AlarmSubject;
  /** Only the agent can know it: there is no rule, because Prometheus is told when it is over. */
  readonly isDirectOnly?: true;
  /** When it fires, in words that begin after "fires"; a wait of `pendingMs` comes on top. */
  readonly fires: (thresholds: Thresholds) => string;
  /** Undefined where the inputs are not known. */
  readonly raise: (inputs: AlarmInputs, thresholds: Thresholds) => boolean | undefined;
  /** While neither holds the alarm stays as it is; without this gap an alarm near its threshold would fire and end again and again. */
  readonly clear: (inputs: AlarmInputs, thresholds: Thresholds) => boolean;
  /** How long `raise` must hold before the alarm fires, and `clear` before it ends. At most the lifetime of a direct alert. */
  readonly pendingMs: number;
  readonly keepFiringMs: number;
  /** State of a node in a few words, for tables. */
  readonly label: string;
  /** Completes the sentence that begins with the node's name. */
  readonly summary: string;
  /** What it means, as whole sentences. */
  readonly meaning: string;
  /** The words where the kernel's counters do not tell, if those above claim what only they show. */
  readonly uncounted?: AlarmWords;
  /** Numbers that its description gives. */
  readonly numbers: readonly AlarmNumber[];
};

type AlarmWords = { readonly label: string; readonly summary: string; readonly meaning: string };

/** What the alarm claims of a node with these inputs. */
export function alarmWords(row: AlarmWords & Pick<AlarmRow, 'uncounted'>, { isDropping }: AlarmInputs): AlarmWords {
  return isDropping === undefined ? (row.uncounted ?? row) : row;
}

/** Sentences with numbers, which the agent and the rules make in the same words. */
export type AlarmNumber =
  | 'table'
  | 'trend'
  | 'drops'
  | 'atLimit'
  | 'dropsBelowLimit'
  | 'insertFailures'
  | 'snatPortsExhausted'
  | 'natWithoutPorts'
  | 'unexplainedFailures'
  | 'snatPorts'
  | 'chains'
  | 'invalidPackets'
  | 'limit'
  | 'kubeProxyLimit'
  | 'cloud'
  | 'reasons'
  | 'scrapers'
  | 'unscraped'
  | 'alertmanagers';

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
