import { usageOf } from '../table-sample.ts';
import { count, duration } from '../words.ts';
import type { Advice } from './advice.ts';
import { LOSSES, type Loss, REFUSED } from './counter-causes.ts';
import type { CounterFindings, Findings } from './findings.ts';
import { bucketsSetting, moreRoom } from './more-room.ts';

/** A full table refuses as many within seconds. Fewer may be verdicts of protocol trackers, counted in the same place. */
const MANY_REFUSED = 1000;
/** Below it, a table that was full once is not mended by a setting, but by finding out what it was. */
const BUSY_USAGE = 0.5;

/** What the kernel's counters say was lost, each cause by itself: now, which needs somebody, and since boot. */
export function adviceOnCounters(findings: Findings): Advice[] {
  const { counters } = findings;
  if (counters === undefined) return [];
  const now = [...refusedNow(findings, counters), ...LOSSES.flatMap((loss) => growing(loss, findings, counters))];
  const refused = counters.refused === 0 ? refusedBefore(findings, counters) : [];
  const before = LOSSES.flatMap((loss) => grownBefore(loss, findings, counters));
  return [...now, ...(now.length > 0 ? [] : [noLoss(findings)]), ...refused, ...before];
}

function refusedNow(findings: Findings, { refused = 0, refusedSinceBoot = 0 }: CounterFindings): Advice[] {
  if (refused === 0) return [];
  return [
    {
      id: 'refused-now',
      severity: 'critical',
      title: REFUSED.title,
      seen: [`${nowText(findings, refused)}, ${count(refusedSinceBoot)} ${sinceBoot(findings)}`],
      meaning: REFUSED.meaning,
      ...moreRoom(findings),
    },
  ];
}

function refusedBefore(findings: Findings, { refusedSinceBoot = 0, sinceBoot: totals }: CounterFindings): Advice[] {
  if (refusedSinceBoot === 0) return [];
  const evicted = totals.get('early_drop') ?? 0;
  const isMany = refusedSinceBoot >= MANY_REFUSED;
  const isBusy = (usageOf({ entries: findings.peak, limit: findings.limit }) ?? 0) >= BUSY_USAGE;
  return [
    {
      id: 'refused-since-boot',
      severity: isMany ? 'warning' : 'ok',
      title: 'Packets were dropped for want of room before',
      seen: [`${count(refusedSinceBoot)}, and ${count(evicted)} entries evicted, ${sinceBoot(findings)}; none now`],
      meaning: isMany ? 'The table was full, and what filled it may come again' : '',
      remedy: isMany ? ['Look in conntrack_entries_peak and conntrack_table_full_drops_total for when it was'] : [],
      sysctls: [],
      ...(isMany && isBusy ? moreRoom(findings) : {}),
    },
  ];
}

function growing(loss: Loss, findings: Findings, { grown, sinceBoot: totals }: CounterFindings): Advice[] {
  const growth = loss.of(grown);
  if (growth <= loss.normalPerSecond * findings.lookSeconds) return [];
  const { title, meaning, remedy, raises } = loss;
  const seen = [`${nowText(findings, growth)}, ${count(loss.of(totals))} ${sinceBoot(findings)}`];
  const sysctls = raises === 'buckets' ? bucketsSetting(findings, findings.limit ?? 0) : [];
  return [{ id: `${loss.id}-now`, severity: 'warning', title, seen, meaning, remedy, sysctls }];
}

/** What happened some time since boot is worth a line where it never should. */
function grownBefore(loss: Loss, findings: Findings, { grown, sinceBoot: totals }: CounterFindings): Advice[] {
  const total = loss.of(totals);
  if (loss.before === undefined || total === 0 || loss.of(grown) > loss.normalPerSecond * findings.lookSeconds)
    return [];
  const perHour = findings.uptimeSeconds === undefined ? undefined : (total * 3600) / findings.uptimeSeconds;
  const rate = perHour === undefined || perHour < 1 ? '' : `, ${count(perHour)} an hour`;
  const seen = [`${count(total)} ${sinceBoot(findings)}${rate}; none now`];
  return [
    { id: `${loss.id}-since-boot`, severity: 'ok', title: loss.before, seen, meaning: '', remedy: [], sysctls: [] },
  ];
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
  const perSecond = growth / lookSeconds;
  return `${count(growth)} in ${lookSeconds.toFixed(1)} s (${perSecond < 10 ? perSecond.toFixed(1) : count(perSecond)} a second)`;
}

function sinceBoot({ uptimeSeconds }: Findings): string {
  return uptimeSeconds === undefined ? 'since boot' : `since boot, ${duration(uptimeSeconds)} ago`;
}
