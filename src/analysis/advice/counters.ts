import { alarmRow } from '../../model/alarms/alarms.ts';
import { LOSS_CAUSE_ROWS, type LossCause, type LossCauseId, type LossTotals } from '../../model/alarms/loss-causes.ts';
import type { Thresholds } from '../../model/alarms/thresholds.ts';
import { type FlowSample, portsText, type SnatPortsUsed } from '../../model/flows.ts';
import { insertFailures, NO_INSERT_FAILURES } from '../../model/status.ts';
import { count, duration, percent, rate } from '../../model/text/numbers.ts';
import { TableJudge } from '../table/table-judge.ts';
import { bucketsSetting, moreHeadroom } from './limit.ts';
import { type Advice, type CounterSnapshot, isBusy, NOTHING_TO_DO, type Snapshot } from './snapshot.ts';
import { FULL_ALARMS } from './usage.ts';

/** A full table drops as many within seconds. */
const MANY_DROPS = 1000;

const TABLE_FULL = LOSS_CAUSE_ROWS.find(({ id }) => id === 'table_full')!;
const OTHERS = LOSS_CAUSE_ROWS.filter((cause) => cause !== TABLE_FULL);
/** Since boot they cannot be distinguished, and the last of them stands for all. */
const INSERT_FAILURES: readonly LossCauseId[] = [
  'insert_failures',
  'snat_ports_exhausted',
  'nat_without_ports',
  'insert_failures_unexplained',
];

/** What was lost according to the kernel's counters, by cause: during the snapshot, and since boot. */
export function adviceOnCounters(snapshot: Snapshot): Advice[] {
  const { counters } = snapshot;
  if (counters === undefined) return [];
  const now = [...droppedNow(snapshot, counters), ...OTHERS.flatMap((cause) => growing(cause, snapshot, counters))];
  const dropped = counters.tableFullDrops === 0 ? droppedBefore(snapshot, counters) : [];
  const before = OTHERS.flatMap((cause) => grownBefore(cause, snapshot, counters));
  return [...now, ...(now.length > 0 ? [] : [noLoss(snapshot)]), ...dropped, ...before];
}

function droppedNow(
  snapshot: Snapshot,
  { tableFullDrops = 0, tableFullDropsSinceBoot = 0 }: CounterSnapshot,
): Advice[] {
  if (tableFullDrops === 0) return [];
  const { id, title, meaning } = TABLE_FULL;
  const seen = [`${nowText(snapshot, tableFullDrops)}, ${count(tableFullDropsSinceBoot)} ${sinceBoot(snapshot)}`];
  return [
    { id: `${id}-now`, severity: 'critical', title, seen, meaning, alarms: FULL_ALARMS, ...moreHeadroom(snapshot) },
  ];
}

function droppedBefore(
  snapshot: Snapshot,
  { tableFullDropsSinceBoot = 0, sinceBoot: totals }: CounterSnapshot,
): Advice[] {
  if (tableFullDropsSinceBoot === 0) return [];
  const evicted = totals.get('early_drop') ?? 0;
  const isMany = tableFullDropsSinceBoot >= MANY_DROPS;
  const meaning =
    evicted > 0
      ? 'The table was full at times, since only a full one evicts; what filled it may come again'
      : 'The table was full with nothing to evict, or memory was missing, or the tracker of a protocol refused them: totals do not tell';
  return [
    {
      id: `${TABLE_FULL.id}-since-boot`,
      severity: isMany ? 'warning' : 'ok',
      title: TABLE_FULL.sinceBoot!,
      seen: [
        `${count(tableFullDropsSinceBoot)}, and ${count(evicted)} entries evicted, ${sinceBoot(snapshot)}; none now`,
      ],
      meaning: isMany ? meaning : '',
      remedy: isMany ? ['Look in conntrack_entries_peak and conntrack_table_full_drops_total for when it was'] : [],
      sysctls: [],
      ...(isMany && isBusy(snapshot) && evicted > 0 ? moreHeadroom(snapshot) : {}),
    },
  ];
}

function growing(cause: LossCause, snapshot: Snapshot, counters: CounterSnapshot): Advice[] {
  const growth = cause.lost(inSnapshot(counters)) ?? 0;
  if (!isAboveBaseline(cause, snapshot, growth)) return [];
  const { id, title, meaning, remedy } = cause;
  const isKnownSinceBoot = isInsertFailure(cause) || cause.lost(inAll(counters)) !== undefined;
  const before = isKnownSinceBoot ? `, ${allText(cause, counters)} ${sinceBoot(snapshot)}` : '';
  const seen = [`${nowText(snapshot, growth)}${before}`, ...causeInSample(cause, snapshot)];
  const sysctls = id === 'chains_too_long' ? bucketsSetting(snapshot, snapshot.limit ?? 0) : [];
  return [{ id: `${id}-now`, severity: 'warning', title, seen, meaning, remedy, sysctls, ...alarmsOf(cause) }];
}

const MOSTLY_DNS = 0.05;

/** What the flow sample shows of a cause that the counters alone leave open. */
function causeInSample({ id }: LossCause, { flowSample }: Snapshot): string[] {
  if (flowSample === undefined || !INSERT_FAILURES.includes(id)) return [];
  const { snatWithoutPorts = [] } = flowSample;
  const names = snatWithoutPorts.map(({ protocol }) => protocol).join(', ');
  const dns = id === 'insert_failures' ? dnsShare(flowSample) : 0;
  return [
    ...(names === '' || id === 'snat_ports_exhausted'
      ? []
      : [`source NAT translates protocols without ports: ${names}`]),
    ...(dns < MOSTLY_DNS ? [] : [`DNS is likely: ${percent(dns)} of the entries are flows to port 53`]),
  ];
}

/** At least: of the destinations with the most flows. */
function dnsShare({ destinations }: FlowSample): number {
  return destinations.top.reduce((sum, { port, share }) => sum + (port === 53 ? share : 0), 0);
}

function alarmsOf({ alarm }: LossCause): Pick<Advice, 'alarms'> {
  return alarm === undefined ? {} : { alarms: [alarm] };
}

/** Losses since boot are reported for causes that a healthy node does not have. */
function grownBefore(cause: LossCause, snapshot: Snapshot, counters: CounterSnapshot): Advice[] {
  const total = cause.lost(inAll(counters)) ?? 0;
  const alike = isInsertFailure(cause) ? OTHERS.filter(isInsertFailure) : [cause];
  const isNow = alike.some((each) => growing(each, snapshot, counters).length > 0);
  if (cause.sinceBoot === undefined || total === 0 || isNow) return [];
  const perHour = snapshot.uptimeSeconds === undefined ? undefined : (total * 3600) / snapshot.uptimeSeconds;
  const hourly = perHour === undefined || perHour < 1 ? '' : `, ${count(perHour)} an hour`;
  const seen = [`${count(total)} ${sinceBoot(snapshot)}${hourly}; none now`];
  const { id, sinceBoot: title } = cause;
  return [{ id: `${id}-since-boot`, severity: 'ok', title, seen, ...NOTHING_TO_DO }];
}

function isInsertFailure({ id }: LossCause): boolean {
  return INSERT_FAILURES.includes(id);
}

function allText(cause: LossCause, counters: CounterSnapshot): string {
  const all = inAll(counters);
  if (!isInsertFailure(cause)) return count(cause.lost(all) ?? 0);
  return `${count(all.insertFailures?.unknown ?? 0)} insert failures of any cause`;
}

function inSnapshot({ grown: counters, tableFullDrops, dropsByCause, insertFailures }: CounterSnapshot): LossTotals {
  return { counters, tableFullDrops, dropsByCause, insertFailures, cloud: undefined };
}

function inAll({ sinceBoot: counters, tableFullDropsSinceBoot: tableFullDrops }: CounterSnapshot): LossTotals {
  const unknown = insertFailures(counters);
  const failures = unknown === undefined ? undefined : { ...NO_INSERT_FAILURES, unknown };
  return { counters, tableFullDrops, dropsByCause: undefined, insertFailures: failures, cloud: undefined };
}

function isAboveBaseline(cause: LossCause, { snapshotSeconds, thresholds }: Snapshot, growth: number): boolean {
  return growth > cause.baselinePerSecond(thresholds) * snapshotSeconds;
}

function noLoss({ snapshotSeconds, counters }: Snapshot): Advice {
  const seen = [...(counters?.grown ?? [])].filter(([, growth]) => growth > 0);
  const grown = seen.length === 0 ? 'no counter moved' : seen.map(([name, by]) => `${name} +${count(by)}`).join(', ');
  const text = `${grown} in ${snapshotSeconds.toFixed(1)} s`;
  return {
    id: 'losses-none',
    severity: 'ok',
    title: 'Nothing is being lost',
    seen: [text],
    ...NOTHING_TO_DO,
  };
}

function nowText({ snapshotSeconds }: Snapshot, growth: number): string {
  return `${count(growth)} in ${snapshotSeconds.toFixed(1)} s (${rate(growth / snapshotSeconds)} a second)`;
}

function sinceBoot({ uptimeSeconds }: Snapshot): string {
  return uptimeSeconds === undefined ? 'since boot' : `since boot, ${duration(uptimeSeconds)} ago`;
}

const LISTED = 3;

/** Destinations to which source NAT has few ports left, by the flow sample of this look and the alarm of the agent. */
export function adviceOnSnatPorts({ flowSample, thresholds }: Snapshot): Advice[] {
  const low = (flowSample?.snatPorts ?? []).filter((used) => isLow(used, thresholds));
  if (low.length === 0) return [];
  const row = alarmRow('snat_ports_low');
  const { remedy } = LOSS_CAUSE_ROWS.find(({ id }) => id === 'snat_ports_exhausted')!;
  return [
    {
      id: 'snat-ports-low',
      severity: row.severity,
      title: 'Source NAT has few ports left',
      seen: low.slice(0, LISTED).map((used) => `${portsText(used)}: ${count(used.used)} of ${count(used.usable)}`),
      meaning: 'When all are taken, new flows to that destination are dropped; others are served',
      remedy,
      sysctls: [],
      alarms: ['snat_ports_low'],
    },
  ];
}

/** As the agent judges it, with nothing else known. */
function isLow(snatPorts: SnatPortsUsed, thresholds: Thresholds): boolean {
  const judge = new TableJudge({ peakWindowMs: 1, thresholds });
  judge.addFacts({ snatPorts });
  return alarmRow('snat_ports_low').raise(judge.statusAt(0).inputs, thresholds) === true;
}
