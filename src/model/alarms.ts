/**
 * Every alarm, defined once: its inputs, when it fires and when it ends, and its texts. The agent judges by this table;
 * metrics, direct alerts, Prometheus rules, status page, doctor and dashboards use its results.
 */
import type { AlarmInputs } from './alarm-inputs.ts';
import { EVICTION_USAGE } from './kernel.ts';
import { RELEASE } from './release.ts';
import type { Thresholds } from './thresholds.ts';

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
  /** Numbers that its description gives. */
  readonly numbers: readonly AlarmNumber[];
};

/** Sentences with numbers, which the agent and the rules make in the same words. */
export type AlarmNumber =
  | 'table'
  | 'trend'
  | 'drops'
  | 'insertFailures'
  | 'chains'
  | 'invalidPackets'
  | 'limit'
  | 'reasons';

const MINUTE_MS = 60_000;
/** Alarms on counters end when the rate has fallen to this part of the threshold. */
const CLEAR_RATE = 0.5;
/** A fifth of five minutes: one minute in all. */
const NEARLY_FULL_TIME_SHARE = 0.2;
/** An alarm on a forecast ends when the table would be full in more than twice the time that raises it. */
const CLEAR_FORECAST = 2;

/** Worst first. */
export const ALARMS = [
  {
    id: 'table_full',
    alertname: 'ConntrackTableFull',
    severity: 'critical',
    subject: 'table',
    raise: ({ usage, isDropping }) => (usage === undefined ? undefined : usage >= 1 || isDropping),
    // From 95 % the kernel evicts, so a full table swings between there and its limit.
    clear: ({ usage = 0, isDropping }) => usage < EVICTION_USAGE && !isDropping,
    pendingMs: 0,
    keepFiringMs: MINUTE_MS,
    label: 'full, dropping',
    summary: 'drops new connections: its connection tracking table is full',
    meaning: 'New connections are dropped, DNS first; established ones go on.',
    numbers: ['table', 'drops', 'trend'],
  },
  {
    id: 'table_nearly_full',
    alertname: 'ConntrackTableNearlyFull',
    severity: 'critical',
    subject: 'table',
    raise: ({ usage, nearlyFullTimeShare, secondsUntilFull, isSteepRise }, { highUsage, timeToActMs }) =>
      usage === undefined
        ? undefined
        : nearlyFullTimeShare >= NEARLY_FULL_TIME_SHARE ||
          (usage >= highUsage && secondsUntilFull <= timeToActMs / 1000) ||
          isSteepRise,
    clear: ({ usage = 0, secondsUntilFull }, { nearlyFullUsage, clearMargin, timeToActMs }) =>
      usage < nearlyFullUsage - clearMargin && secondsUntilFull > (CLEAR_FORECAST * timeToActMs) / 1000,
    pendingMs: 0,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'nearly full',
    summary: 'has almost no headroom left in its connection tracking table',
    meaning: 'It will soon drop new connections.',
    numbers: ['table', 'trend'],
  },
  {
    id: 'table_filling_up',
    alertname: 'ConntrackTableFillingUp',
    severity: 'warning',
    subject: 'table',
    raise: ({ usage, isFillingUp }) => (usage === undefined ? undefined : isFillingUp),
    clear: ({ secondsUntilFull }, { timeToActMs }) => secondsUntilFull > (CLEAR_FORECAST * timeToActMs) / 1000,
    pendingMs: 0,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'filling up',
    summary: 'will have a full connection tracking table within minutes',
    meaning: 'It is filling up to a level that it has not come back from in the last hour.',
    numbers: ['table', 'trend'],
  },
  {
    id: 'table_high',
    alertname: 'ConntrackTableHigh',
    severity: 'warning',
    subject: 'table',
    raise: ({ usage, highTimeShare }, thresholds) =>
      usage === undefined ? undefined : highTimeShare >= thresholds.highTimeShare,
    clear: ({ usage = 0 }, { highUsage, clearMargin }) => usage < highUsage - clearMargin,
    pendingMs: 0,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'high',
    summary: 'often uses most of its connection tracking table',
    meaning: 'A burst may fill it, and then new connections are dropped.',
    numbers: ['table', 'trend'],
  },
  {
    id: 'insert_failures',
    alertname: 'ConntrackInsertFailures',
    severity: 'warning',
    subject: 'losses',
    raise: ({ insertFailuresPerSecond: rate }, thresholds) =>
      rate === undefined ? undefined : rate >= thresholds.insertFailuresPerSecond,
    clear: ({ insertFailuresPerSecond: rate = 0 }, thresholds) =>
      rate < CLEAR_RATE * thresholds.insertFailuresPerSecond,
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'insert failures',
    summary: 'loses packets to failed insertions, most likely DNS',
    meaning:
      'Two packets of one new flow raced, and one of them was dropped. The table is not full: a higher limit does not help.',
    numbers: ['insertFailures', 'table'],
  },
  {
    id: 'chains_too_long',
    alertname: 'ConntrackChainsTooLong',
    severity: 'warning',
    subject: 'losses',
    raise: ({ chainsTooLong, entriesPerBucket }, thresholds) =>
      chainsTooLong === undefined && entriesPerBucket === undefined
        ? undefined
        : (chainsTooLong ?? 0) > 0 || (entriesPerBucket ?? 0) > thresholds.entriesPerBucket,
    clear: ({ chainsTooLong = 0, entriesPerBucket = 0 }, thresholds) =>
      chainsTooLong === 0 && entriesPerBucket <= thresholds.entriesPerBucket,
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'chains too long',
    summary: 'has too few hash buckets for its connection tracking table',
    meaning: 'It refuses connections because a hash chain is too long, or walks long chains for each packet.',
    numbers: ['chains', 'table'],
  },
  {
    id: 'invalid_packets',
    alertname: 'ConntrackInvalidPackets',
    severity: 'warning',
    subject: 'losses',
    raise: ({ invalidPacketsPerSecond: rate }, thresholds) =>
      rate === undefined ? undefined : rate >= thresholds.invalidPacketsPerSecond,
    clear: ({ invalidPacketsPerSecond: rate = 0 }, thresholds) =>
      rate < CLEAR_RATE * thresholds.invalidPacketsPerSecond,
    pendingMs: 15 * MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'invalid packets',
    summary: 'sees many packets that fit no connection',
    meaning:
      'They are not translated, and often dropped by firewall rules. The usual causes: replies that take another way than requests, long-lived connections whose entry is gone, a scan.',
    numbers: ['invalidPackets'],
  },
  {
    id: 'limit_lowered',
    alertname: 'ConntrackLimitLowered',
    severity: 'warning',
    subject: 'table',
    raise: ({ limit, highestLimit }) =>
      limit === undefined || highestLimit === undefined ? undefined : limit > 0 && limit < highestLimit,
    clear: ({ limit = 0, highestLimit = 0 }) => limit === 0 || limit >= highestLimit,
    pendingMs: MINUTE_MS,
    keepFiringMs: 0,
    label: 'limit lowered',
    summary: 'had its limit of connection tracking entries lowered',
    meaning: 'kube-proxy sets the limit when it starts, and may lower what an operator has set.',
    numbers: ['limit', 'table'],
  },
  {
    id: 'no_data',
    alertname: 'ConntrackNoData',
    severity: 'warning',
    subject: 'agent',
    raise: ({ noDataReasons }) => noDataReasons.length > 0,
    clear: ({ noDataReasons }) => noDataReasons.length === 0,
    pendingMs: 5 * MINUTE_MS,
    keepFiringMs: MINUTE_MS,
    label: 'no data',
    summary: 'has an agent that does not see its connection tracking table',
    meaning:
      'The agent answers, but its numbers are not the state of the node. Other alerts of this node may be missing because of it.',
    numbers: ['reasons'],
  },
] as const satisfies readonly AlarmRow[];

export type AlarmId = (typeof ALARMS)[number]['id'];

/** The same table, typed as plain rows. */
export const ALARM_ROWS: readonly (AlarmRow & { readonly id: AlarmId })[] = ALARMS;

/** The page of docs/runbooks that belongs to an alert. */
export function runbookUrl(alertname: string): string {
  return `https://github.com/conntrack-agent/conntrack-agent/blob/${RELEASE.tag}/docs/runbooks/${alertname}.md`;
}
