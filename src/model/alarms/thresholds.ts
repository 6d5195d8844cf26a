/** Every number an operator may change about the alarms. Flags, metric, help and dashboards are made from this table. */

/** `kind` is the unit: a share of 1, milliseconds, events per second, or a plain number. */
export type ThresholdRow = {
  /** After `--alarm.`. */
  readonly flag: string;
  readonly kind: 'ratio' | 'duration' | 'rate' | 'number';
  /** In the unit of `kind`; durations in milliseconds. */
  readonly fallback: number;
  readonly from: number;
  readonly to: number;
  /** What it is, and when to change it: a sentence each, the last without its period. */
  readonly help: string;
  /** Only nodes that have this are told of it. */
  readonly of?: 'cloud';
};

const MINUTE_MS = 60_000;

export const THRESHOLDS = {
  highUsage: {
    flag: 'high-usage',
    kind: 'ratio',
    fallback: 0.9,
    from: 0.1,
    to: 1,
    help: 'Share of the limit from which the table counts as high. Raise it where the load is steady and known, lower it where load may double within minutes',
  },
  clearMargin: {
    flag: 'clear-margin',
    kind: 'ratio',
    fallback: 0.05,
    from: 0,
    to: 0.5,
    help: 'How far usage must fall below high-usage or nearly-full-usage before the alarm ends, as a share of the limit. Raise it where an alarm comes and goes',
  },
  highTimeShare: {
    flag: 'high-time-share',
    kind: 'ratio',
    fallback: 0.2,
    from: 0.01,
    to: 1,
    help: 'Share of the last ten minutes the table must have been high before table_high fires. Raise it where short peaks are part of the work',
  },
  sustainedUsage: {
    flag: 'sustained-usage',
    kind: 'ratio',
    fallback: 0.8,
    from: 0.1,
    to: 1,
    help: 'Share of the limit above which the table must not stay for hours. Raise it where a steady load is meant to use more',
  },
  sustainedTimeShare: {
    flag: 'sustained-time-share',
    kind: 'ratio',
    fallback: 0.9,
    from: 0.01,
    to: 1,
    help: 'Share of the last hour the table must have been above sustained-usage before table_high fires. Raise it where the load falls back within the hour',
  },
  nearlyFullUsage: {
    flag: 'nearly-full-usage',
    kind: 'ratio',
    fallback: 0.95,
    from: 0.1,
    to: 1,
    help: 'Share of the limit from which a person is woken. Lower it to be woken earlier; do not raise it, since from 95 % the kernel evicts entries',
  },
  timeToActMs: {
    flag: 'time-to-act',
    kind: 'duration',
    fallback: 15 * MINUTE_MS,
    from: MINUTE_MS,
    to: 120 * MINUTE_MS,
    help: 'Time a person needs to be told, to look and to act: a table that is full sooner raises table_filling_up. Raise it if nodes are added by hand; beyond half an hour a forecast is a guess',
  },
  newLevelShare: {
    flag: 'new-level-share',
    kind: 'ratio',
    fallback: 0.1,
    from: 0,
    to: 0.9,
    help: "Share of the headroom above the last hour's maximum that a rise must take before it is forecast. Raise it to hear less of rises that stop in time",
  },
  insertFailuresPerSecond: {
    flag: 'insert-failures',
    kind: 'rate',
    fallback: 0.05,
    from: 0.001,
    to: 1_000_000,
    help: 'Insert failures a second, over ten minutes, from which insert_failures, nat_without_ports, and insert_failures_unexplained fire. Each costs a DNS client its retry of five seconds; raise it if yours retry faster',
  },
  snatPortsExhaustedPerSecond: {
    flag: 'snat-ports-exhausted',
    kind: 'rate',
    fallback: 0.05,
    from: 0.001,
    to: 1_000_000,
    help: 'Packets of new flows a second, over ten minutes, dropped because source NAT had no free port, from which snat_ports_exhausted fires. Raise it where clients that are refused do no harm',
  },
  snatPortsUsedRatio: {
    flag: 'snat-ports-used',
    kind: 'ratio',
    fallback: 0.8,
    from: 0.1,
    to: 1,
    help: 'Share of the ports that source NAT can use from one address to one destination from which snat_ports_low fires; takes a flow sample. Lower it where flows to one destination may double within minutes',
  },
  dropsBelowLimitPerSecond: {
    flag: 'drops-below-limit',
    kind: 'rate',
    fallback: 0.05,
    from: 0.001,
    to: 1_000_000,
    help: 'Packets a second, over ten minutes, dropped although the table had headroom, from which drops_below_limit fires. Raise it where clients that open connections anew from a port just used do no harm',
  },
  entriesPerBucket: {
    flag: 'entries-per-bucket',
    kind: 'number',
    fallback: 4,
    from: 0.1,
    to: 1000,
    help: 'Entries per hash bucket above which chains_too_long fires; each entry is in two chains, so 4 means chains of 8. Lower it where the latency of first packets matters',
  },
  invalidPacketsPerSecond: {
    flag: 'invalid-packets',
    kind: 'rate',
    fallback: 100,
    from: 0.1,
    to: 10_000_000,
    help: 'Packets a second that fit no flow, over five minutes, from which invalid_packets fires. Raise it on nodes that face the internet, lower it where asymmetric routing has done harm',
  },
  cloudAllowanceAvailable: {
    flag: 'cloud-allowance-available',
    kind: 'number',
    fallback: 8000,
    from: 0,
    to: 10_000_000,
    help: 'Connections the cloud must still be able to track, at or below which cloud_allowance_low fires. The default is a tenth of the allowance of a small instance; raise it where bursts are larger',
    of: 'cloud',
  },
  sampleLagMs: {
    flag: 'sample-lag',
    kind: 'duration',
    fallback: 2000,
    from: 100,
    to: MINUTE_MS,
    help: 'How late a sample may be before no_data fires: a burst shorter than that may go unseen. Raise it only together with --sample.interval',
  },
  unscrapedMs: {
    flag: 'unscraped',
    kind: 'duration',
    fallback: 10 * MINUTE_MS,
    from: MINUTE_MS,
    to: 24 * 60 * MINUTE_MS,
    help: 'How long nobody may scrape an agent that was scraped before until no_scraper fires. Raise it where scrapes are minutes apart, or where Prometheus is often away for longer',
  },
} as const satisfies Record<string, ThresholdRow>;

export type ThresholdKey = keyof typeof THRESHOLDS;

/** One value for each, in the unit of its row. */
export type Thresholds = { readonly [K in ThresholdKey]: number };

export const THRESHOLD_ENTRIES = Object.entries(THRESHOLDS) as readonly (readonly [ThresholdKey, ThresholdRow])[];

export const DEFAULT_THRESHOLDS = Object.fromEntries(
  THRESHOLD_ENTRIES.map(([key, { fallback }]) => [key, fallback]),
) as Thresholds;

/** `insert-failures` as `insert_failures_per_second`: the value of the label `threshold`, with the base unit last. */
export function thresholdLabel({ flag, kind }: ThresholdRow): string {
  const name = flag.replaceAll('-', '_');
  if (kind === 'duration') return `${name}_seconds`;
  return kind === 'rate' ? `${name}_per_second` : name;
}

/** In base units, as metrics and rules have it. */
export function thresholdValue({ kind }: ThresholdRow, value: number): number {
  return kind === 'duration' ? value / 1000 : value;
}

/** Pairs of which the first must be below the second, or an alarm would never end, or come in the wrong order. */
export const THRESHOLD_ORDER: readonly (readonly [lower: ThresholdKey, higher: ThresholdKey])[] = [
  ['clearMargin', 'highUsage'],
  ['clearMargin', 'sustainedUsage'],
  ['highUsage', 'nearlyFullUsage'],
];
