import { LOSS_CAUSE_ROWS, type LossCause } from '../../model/loss-causes.ts';
import { count, duration, rate } from '../../model/numbers.ts';
import { usageOf } from '../../model/status.ts';
import type { Advice } from './advice.ts';
import { bucketsSetting, moreHeadroom } from './more-headroom.ts';
import type { CounterFindings, Findings } from './snapshot.ts';

/** A full table drops as many within seconds. Fewer may be verdicts of protocol trackers, counted in the same place. */
const MANY_DROPS = 1000;

const TABLE_FULL = LOSS_CAUSE_ROWS.find(({ id }) => id === 'table_full')!;
/** Those that one counter of the kernel tells of. */
const COUNTED = LOSS_CAUSE_ROWS.filter(({ column }) => column !== undefined);
/** Below it, a table that was full once is not mended by a setting, but by finding out what it was. */
const BUSY_USAGE = 0.5;

/** What the kernel's counters say was lost, each cause by itself: now, which needs somebody, and since boot. */
export function adviceOnCounters(findings: Findings): Advice[] {
  const { counters } = findings;
  if (counters === undefined) return [];
  const now = [...droppedNow(findings, counters), ...COUNTED.flatMap((cause) => growing(cause, findings, counters))];
  const dropped = counters.tableFullDrops === 0 ? droppedBefore(findings, counters) : [];
  const before = COUNTED.flatMap((cause) => grownBefore(cause, findings, counters));
  return [...now, ...(now.length > 0 ? [] : [noLoss(findings)]), ...dropped, ...before];
}

function droppedNow(
  findings: Findings,
  { tableFullDrops = 0, tableFullDropsSinceBoot = 0 }: CounterFindings,
): Advice[] {
  if (tableFullDrops === 0) return [];
  const { id, title, meaning } = TABLE_FULL;
  const seen = [`${nowText(findings, tableFullDrops)}, ${count(tableFullDropsSinceBoot)} ${sinceBoot(findings)}`];
  return [{ id: `${id}-now`, severity: 'critical', title, seen, meaning, ...moreHeadroom(findings) }];
}

function droppedBefore(
  findings: Findings,
  { tableFullDropsSinceBoot = 0, sinceBoot: totals }: CounterFindings,
): Advice[] {
  if (tableFullDropsSinceBoot === 0) return [];
  const evicted = totals.get('early_drop') ?? 0;
  const isMany = tableFullDropsSinceBoot >= MANY_DROPS;
  const isBusy = (usageOf({ entries: findings.peak, limit: findings.limit }) ?? 0) >= BUSY_USAGE;
  return [
    {
      id: `${TABLE_FULL.id}-since-boot`,
      severity: isMany ? 'warning' : 'ok',
      title: TABLE_FULL.sinceBoot!,
      seen: [
        `${count(tableFullDropsSinceBoot)}, and ${count(evicted)} entries evicted, ${sinceBoot(findings)}; none now`,
      ],
      meaning: isMany ? 'The table was full, and what filled it may come again' : '',
      remedy: isMany ? ['Look in conntrack_entries_peak and conntrack_table_full_drops_total for when it was'] : [],
      sysctls: [],
      ...(isMany && isBusy ? moreHeadroom(findings) : {}),
    },
  ];
}

function growing(cause: LossCause, findings: Findings, { grown, sinceBoot: totals }: CounterFindings): Advice[] {
  const growth = cause.lost(grown) ?? 0;
  if (!isAboveBaseline(cause, findings, growth)) return [];
  const { id, title, meaning, remedy } = cause;
  const seen = [`${nowText(findings, growth)}, ${count(cause.lost(totals) ?? 0)} ${sinceBoot(findings)}`];
  const sysctls = id === 'chains_too_long' ? bucketsSetting(findings, findings.limit ?? 0) : [];
  return [{ id: `${id}-now`, severity: 'warning', title, seen, meaning, remedy, sysctls }];
}

/** What happened some time since boot is worth a line where it never should. */
function grownBefore(cause: LossCause, findings: Findings, { grown, sinceBoot: totals }: CounterFindings): Advice[] {
  const total = cause.lost(totals) ?? 0;
  if (cause.sinceBoot === undefined || total === 0 || isAboveBaseline(cause, findings, cause.lost(grown) ?? 0))
    return [];
  const perHour = findings.uptimeSeconds === undefined ? undefined : (total * 3600) / findings.uptimeSeconds;
  const hourly = perHour === undefined || perHour < 1 ? '' : `, ${count(perHour)} an hour`;
  const seen = [`${count(total)} ${sinceBoot(findings)}${hourly}; none now`];
  const { id, sinceBoot: title } = cause;
  return [{ id: `${id}-since-boot`, severity: 'ok', title, seen, meaning: '', remedy: [], sysctls: [] }];
}

function isAboveBaseline(cause: LossCause, { lookSeconds, thresholds }: Findings, growth: number): boolean {
  return growth > cause.baselinePerSecond(thresholds) * lookSeconds;
}

function noLoss({ lookSeconds, counters }: Findings): Advice {
  const seen = [...(counters?.grown ?? [])].filter(([, growth]) => growth > 0);
  const grown = seen.length === 0 ? 'no counter moved' : seen.map(([name, by]) => `${name} +${count(by)}`).join(', ');
  const text = `${grown} in ${lookSeconds.toFixed(1)} s`;
  return {
    id: 'losses-none',
    severity: 'ok',
    title: 'Nothing is being lost',
    seen: [text],
    meaning: '',
    remedy: [],
    sysctls: [],
  };
}

function nowText({ lookSeconds }: Findings, growth: number): string {
  return `${count(growth)} in ${lookSeconds.toFixed(1)} s (${rate(growth / lookSeconds)} a second)`;
}

function sinceBoot({ uptimeSeconds }: Findings): string {
  return uptimeSeconds === undefined ? 'since boot' : `since boot, ${duration(uptimeSeconds)} ago`;
}
