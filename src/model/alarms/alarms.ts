/**
 * Every alarm, defined once: its inputs, when it fires and when it ends, and its texts. The agent judges by this table;
 * metrics, direct alerts, Prometheus rules, status page, doctor and dashboards use its results.
 */

import { EVICTION_USAGE } from '../kernel.ts';
import { RELEASE } from '../release.ts';
import { count, percent, span } from '../text/numbers.ts';
import type { AlarmRow } from './alarm.ts';
import { LOSS_ALARMS } from './loss-alarms.ts';

const MINUTE_MS = 60_000;
/** A fifth of five minutes: one minute in all. */
const NEARLY_FULL_TIME_SHARE = 0.2;
const LOWERED_TIME_SHARE = 0.2;
/** An alarm on a forecast ends when the table would be full in more than twice the time that raises it. */
const CLEAR_FORECAST = 2;
/** One on an hour ends when it was above its level for this part of the share that raises it. */
const CLEAR_SUSTAINED = 0.5;
/** And one on the connections that the cloud still tracks when there are this many times the threshold. */
const CLEAR_ALLOWANCE = 1.5;

const minutes = (ms: number) => span(ms / 1000);

/** Worst first. */
export const ALARMS = [
  {
    id: 'table_full',
    alertname: 'ConntrackTableFull',
    severity: 'critical',
    subject: 'table',
    fires: () =>
      'at once, when packets are dropped because the table is full; where the counters cannot be read, at the limit',
    // At its limit it may still evict for each new connection and drop none: that is nearly full.
    raise: ({ usage, isDropping }) => (usage === undefined ? undefined : (isDropping ?? usage >= 1)),
    // From 95 % the kernel evicts, so a full table swings between there and its limit.
    clear: ({ usage = 0, isDropping }) => (isDropping === undefined ? usage < EVICTION_USAGE : !isDropping),
    pendingMs: 0,
    keepFiringMs: MINUTE_MS,
    label: 'full, dropping',
    summary: 'drops new connections: its connection tracking table is full',
    meaning: 'New connections are dropped, DNS first; established ones go on.',
    uncounted: {
      label: 'full',
      summary: 'has a full connection tracking table',
      meaning:
        'New connections are dropped where the kernel finds nothing to evict for them, DNS first; established ones go on. Whether any were is not known: the counters cannot be read.',
    },
    numbers: ['table', 'drops', 'trend'],
  },
  {
    id: 'table_nearly_full',
    alertname: 'ConntrackTableNearlyFull',
    severity: 'critical',
    subject: 'table',
    fires: ({ nearlyFullUsage, highUsage, timeToActMs }) =>
      `at once at the limit, where the kernel evicts entries; above ${percent(nearlyFullUsage)} for a minute of five in all; above ${percent(highUsage)} and full within ${minutes(timeToActMs)}; or in a steep rise`,
    raise: ({ usage, nearlyFullTimeShare, secondsUntilFull, isSteepRise }, { highUsage, timeToActMs }) =>
      usage === undefined
        ? undefined
        : nearlyFullTimeShare >= NEARLY_FULL_TIME_SHARE ||
          (usage >= highUsage && secondsUntilFull <= timeToActMs / 1000) ||
          usage >= 1 ||
          isSteepRise,
    clear: ({ usage = 0, secondsUntilFull }, { nearlyFullUsage, clearMargin, timeToActMs }) =>
      usage < nearlyFullUsage - clearMargin && secondsUntilFull > (CLEAR_FORECAST * timeToActMs) / 1000,
    pendingMs: 0,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'nearly full',
    summary: 'has almost no headroom left in its connection tracking table',
    meaning: 'It will soon drop new connections.',
    numbers: ['atLimit', 'table', 'trend'],
  },
  {
    id: 'cloud_allowance_exceeded',
    alertname: 'ConntrackCloudAllowanceExceeded',
    severity: 'critical',
    subject: 'losses',
    fires: () => 'at once, when the cloud drops packets because it tracks too many connections for the instance (AWS)',
    raise: ({ cloudDropsLastMinute: drops }) => (drops === undefined ? undefined : drops > 0),
    clear: ({ cloudDropsLastMinute: drops = 0 }) => drops === 0,
    pendingMs: 0,
    keepFiringMs: MINUTE_MS,
    label: 'cloud drops',
    summary: 'loses new connections to the limit of its cloud, not to its own',
    meaning:
      'The cloud tracks the connections of the instance in a table of its own and drops what exceeds its allowance. A higher limit of the node does not help.',
    numbers: ['cloud', 'table'],
  },
  {
    id: 'table_filling_up',
    alertname: 'ConntrackTableFillingUp',
    severity: 'warning',
    subject: 'table',
    fires: ({ timeToActMs }) =>
      `when the table will be full within ${minutes(timeToActMs)}, unless it only returns to a level that it came back from within the hour`,
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
    fires: ({ highUsage, highTimeShare, sustainedUsage, sustainedTimeShare }) =>
      `above ${percent(highUsage)} for ${minutes(highTimeShare * 10 * MINUTE_MS)} of ten, or above ${percent(sustainedUsage)} for ${minutes(sustainedTimeShare * 60 * MINUTE_MS)} of an hour`,
    raise: ({ usage, highTimeShare, sustainedTimeShare }, thresholds) =>
      usage === undefined
        ? undefined
        : highTimeShare >= thresholds.highTimeShare ||
          (sustainedTimeShare >= thresholds.sustainedTimeShare &&
            usage >= thresholds.sustainedUsage - thresholds.clearMargin),
    clear: ({ usage = 0, sustainedTimeShare }, { highUsage, sustainedUsage, clearMargin, ...thresholds }) =>
      usage < highUsage - clearMargin &&
      (usage < sustainedUsage - clearMargin || sustainedTimeShare < CLEAR_SUSTAINED * thresholds.sustainedTimeShare),
    pendingMs: 0,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'high',
    summary: 'often uses most of its connection tracking table',
    meaning: 'A burst may fill it, and then new connections are dropped.',
    numbers: ['table', 'trend'],
  },
  {
    id: 'cloud_allowance_low',
    alertname: 'ConntrackCloudAllowanceLow',
    severity: 'warning',
    subject: 'losses',
    fires: ({ cloudAllowanceAvailable, timeToActMs }) =>
      `when the cloud can track ${count(cloudAllowanceAvailable)} more connections or fewer, or will have none left within ${minutes(timeToActMs)} (AWS)`,
    raise: ({ cloudAvailable, cloudSecondsUntilExceeded }, { cloudAllowanceAvailable, timeToActMs }) =>
      cloudAvailable === undefined
        ? undefined
        : cloudAvailable <= cloudAllowanceAvailable || cloudSecondsUntilExceeded <= timeToActMs / 1000,
    clear: ({ cloudAvailable = 0, cloudSecondsUntilExceeded }, { cloudAllowanceAvailable, timeToActMs }) =>
      cloudAvailable > CLEAR_ALLOWANCE * cloudAllowanceAvailable &&
      cloudSecondsUntilExceeded > (CLEAR_FORECAST * timeToActMs) / 1000,
    pendingMs: 2 * MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'cloud limit near',
    summary: 'has almost used up the connections that its cloud tracks for it',
    meaning: 'Beyond them the cloud drops new connections, whatever headroom the table of the node has.',
    numbers: ['cloud', 'table'],
  },
  ...LOSS_ALARMS,
  {
    id: 'limit_lowered',
    alertname: 'ConntrackLimitLowered',
    severity: 'warning',
    subject: 'table',
    fires: () => 'while the limit is below the highest of the last hour, or was for a minute of five in all',
    // Two parties that set it in turn lower it for less than a minute at a time.
    raise: ({ limit, highestLimit, loweredTimeShare }) =>
      limit === undefined || highestLimit === undefined
        ? undefined
        : limit > 0 && (limit < highestLimit || loweredTimeShare >= LOWERED_TIME_SHARE),
    clear: ({ limit = 0, highestLimit = 0, loweredTimeShare }) =>
      limit === 0 || (limit >= highestLimit && loweredTimeShare < LOWERED_TIME_SHARE),
    pendingMs: MINUTE_MS,
    keepFiringMs: 0,
    label: 'limit lowered',
    summary: 'had its limit of connection tracking entries lowered',
    meaning: 'kube-proxy sets the limit when it starts, and may lower what an operator has set.',
    numbers: ['limit', 'table'],
  },
  {
    id: 'kube_proxy_limit_low',
    alertname: 'ConntrackKubeProxyLimitLow',
    severity: 'warning',
    subject: 'table',
    fires: ({ nearlyFullUsage }) =>
      `when the entries are ${percent(nearlyFullUsage)} or more of a lower limit that kube-proxy will set at its next start (\`--collector.kube-proxy\`)`,
    raise: ({ limit, kubeProxyLimit, peak }, { nearlyFullUsage }) =>
      limit === undefined || kubeProxyLimit === undefined || peak === undefined
        ? undefined
        : kubeProxyLimit < limit && peak >= nearlyFullUsage * kubeProxyLimit,
    clear: ({ limit = 0, kubeProxyLimit = 0, peak = 0 }, { nearlyFullUsage, clearMargin }) =>
      kubeProxyLimit >= limit || peak < (nearlyFullUsage - clearMargin) * kubeProxyLimit,
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'kube-proxy will lower',
    summary: 'will have a full table when kube-proxy starts again and lowers the limit',
    meaning:
      'kube-proxy sets the limit from its own configuration when it starts, and that is lower than what is in use.',
    numbers: ['kubeProxyLimit', 'table'],
  },
  {
    id: 'no_data',
    alertname: 'ConntrackNoData',
    severity: 'warning',
    subject: 'agent',
    fires: () => 'when the agent cannot see the table; the reason is in the log and in the alert',
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
  {
    id: 'scraper_reconnects',
    alertname: 'ConntrackScraperReconnects',
    severity: 'warning',
    subject: 'agent',
    fires: () => 'when a scraper opens a connection for each scrape, or stopped while the table was full',
    // While the table is full scrapers reconnect because of that: then only one that has stopped counts.
    raise: ({ reconnectingScrapers: scrapers, overdueScrapers = [], usage = 0, isDropping }, { highUsage }) =>
      scrapers === undefined
        ? undefined
        : overdueScrapers.length > 0 || (scrapers.length > 0 && usage < highUsage && !isDropping),
    clear: ({ reconnectingScrapers: scrapers = [], overdueScrapers = [] }) =>
      scrapers.length === 0 && overdueScrapers.length === 0,
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'scraper reconnects',
    summary: 'has a scraper that stops when its connection tracking table is full',
    meaning:
      'It opens a new connection for each scrape, or has lost the one that it kept, and a full table lets no new connection in.',
    numbers: ['scrapers'],
  },
  {
    id: 'no_scraper',
    alertname: 'ConntrackNoScraper',
    severity: 'warning',
    subject: 'agent',
    isDirectOnly: true,
    fires: ({ unscrapedMs }) =>
      `when nobody has scraped the agent for ${minutes(unscrapedMs)}, after somebody did; direct alerts only`,
    raise: ({ unscrapedMs }, thresholds) =>
      unscrapedMs === undefined ? undefined : unscrapedMs >= thresholds.unscrapedMs,
    clear: ({ unscrapedMs = 0 }, thresholds) => unscrapedMs < thresholds.unscrapedMs,
    pendingMs: 0,
    keepFiringMs: 0,
    label: 'no scraper',
    summary: 'has an agent that nobody scrapes any more',
    meaning: 'Until somebody does, only direct alerts like this one tell of its connection tracking table.',
    numbers: ['unscraped'],
  },
  {
    id: 'direct_alerts_failing',
    alertname: 'ConntrackDirectAlertsFailing',
    severity: 'warning',
    subject: 'agent',
    fires: () => 'when an Alertmanager refuses the posts of the agent or does not answer them (`--alertmanager.url`)',
    raise: ({ failingAlertmanagers: failing }) => (failing === undefined ? undefined : failing.length > 0),
    clear: ({ failingAlertmanagers: failing = [] }) => failing.length === 0,
    // A restart of Alertmanager takes less.
    pendingMs: 5 * MINUTE_MS,
    keepFiringMs: MINUTE_MS,
    label: 'direct alerts fail',
    summary: 'has an agent that cannot deliver alerts to an Alertmanager',
    meaning:
      'The Alertmanager refuses its posts or does not answer them. If Prometheus cannot scrape the node either, nobody is alerted.',
    numbers: ['alertmanagers'],
  },
] as const satisfies readonly AlarmRow[];

export type AlarmId = (typeof ALARMS)[number]['id'];

/** The same table, typed as plain rows. */
export const ALARM_ROWS: readonly (AlarmRow & { readonly id: AlarmId })[] = ALARMS;

export function alarmRow(alarm: AlarmId): AlarmRow {
  return ALARM_ROWS.find(({ id }) => id === alarm)!;
}

/** Those that Prometheus can repeat. */
export const RULE_ROWS = ALARM_ROWS.filter(({ isDirectOnly }) => !isDirectOnly);

/** The page of docs/runbooks that belongs to an alert. */
export function runbookUrl(alertname: string): string {
  return `https://github.com/conntrack-agent/conntrack-agent/blob/${RELEASE.tag}/docs/runbooks/${alertname}.md`;
}
