import type { Share } from '../../model/flows.ts';
import { defaultLimit, hasKubeProxyTimeouts } from '../../model/kube-proxy.ts';
import { usageOf } from '../../model/status.ts';
import { serviceText } from '../../model/text/address.ts';
import { count, percent } from '../../model/text/numbers.ts';
import { moreHeadroom } from './limit.ts';
import { type Advice, NOTHING_TO_DO, type Severity, type Snapshot } from './snapshot.ts';

/** A full table implies the others. */
export const FULL_ALARMS = ['table_full', 'table_nearly_full', 'table_filling_up', 'table_high'] as const;

/** How full the table is, and how full it was at most during the snapshot. */
export function adviceOnUsage(snapshot: Snapshot): Advice[] {
  const { entries, limit, peak, thresholds } = snapshot;
  if (entries === undefined || limit === undefined || peak === undefined) return [];
  if (limit === 0) return [noLimit(snapshot)];
  if (entries === 0 && peak === 0) return [empty(limit)];
  const worst = usageOf({ entries: peak, limit })!;
  if (entries > limit + (snapshot.cpus ?? 1)) return [aboveLimit(snapshot, entries, limit)];
  if (worst >= 1) return [full(snapshot)];
  if (worst >= thresholds.nearlyFullUsage) return [nearlyFull(snapshot)];
  if (worst >= thresholds.highUsage) return [high(snapshot)];
  return [{ ...base(snapshot, 'usage-fine', 'ok', 'The table has headroom'), remedy: [], sysctls: [] }];
}

function base(snapshot: Snapshot, id: string, severity: Severity, title: string): Advice {
  const { remedy, sysctls } = moreHeadroom(snapshot);
  return { id, severity, title, seen: [usageText(snapshot)], meaning: '', remedy, sysctls };
}

function usageText({ entries = 0, limit = 0, peak = 0, snapshotSeconds }: Snapshot): string {
  const now = `${count(entries)} of ${count(limit)} entries (${percent(entries / limit)})`;
  const most = peak > entries ? `at worst ${count(peak)} (${percent(peak / limit)})` : 'and never more';
  return `${now}, ${most} in ${snapshotSeconds.toFixed(1)} s`;
}

/** The kernel counts an entry before it checks the limit, so a full table may have one more for each CPU. */
function full(snapshot: Snapshot): Advice {
  const { counters } = snapshot;
  const dropped = counters?.tableFullDrops;
  const evicting = (counters?.grown.get('early_drop') ?? 0) > 0 ? 'evicting, ' : '';
  const title = dropped === 0 ? `The table is full, ${evicting}nothing dropped yet` : 'The table is full';
  const meaning =
    dropped === undefined
      ? 'New connections are dropped where the kernel finds nothing to evict for them. Whether any were is not known'
      : dropped === 0
        ? 'The kernel evicts flows without a reply for new ones, which are dropped when it finds none'
        : 'New connections are dropped without an answer, on loopback too. Those there go on, so DNS and probes fail first';
  return { ...base(snapshot, 'table-full', 'critical', title), meaning, alarms: FULL_ALARMS };
}

function aboveLimit(snapshot: Snapshot, entries: number, limit: number): Advice {
  const advice = base(snapshot, 'count-above-limit', 'critical', 'There are more entries than the limit allows');
  const meaning = `Somebody lowered the limit, which evicts nobody: no new connection gets in, unless another is evicted for it, until ${count(entries - limit)} entries have run out`;
  const by = hasKubeProxyTimeouts(snapshot.timeouts) ? ['kube-proxy may have done it: its timeouts are set here'] : [];
  return { ...advice, meaning, seen: [...advice.seen, ...by], alarms: [...FULL_ALARMS, 'limit_lowered'] };
}

function nearlyFull(snapshot: Snapshot): Advice {
  const alarms = ['table_nearly_full', 'table_filling_up', 'table_high'] as const;
  const meaning =
    'From 95 % on the kernel evicts entries that saw no reply; a little more, and new connections are dropped';
  return { ...base(snapshot, 'table-nearly-full', 'critical', 'The table is nearly full'), meaning, alarms };
}

function high(snapshot: Snapshot): Advice {
  const meaning = 'A burst may fill it, and then new connections are dropped';
  return { ...base(snapshot, 'table-high', 'warning', 'The table is high'), meaning, alarms: ['table_high'] };
}

function noLimit({ entries = 0, cpus }: Snapshot): Advice {
  return {
    id: 'limit-zero',
    severity: 'warning',
    title: 'The limit is 0',
    seen: [`${count(entries)} entries, nf_conntrack_max is 0`],
    meaning: 'The kernel takes 0 for no limit at all: a flood of new connections takes memory until there is none',
    remedy: ['Set a limit'],
    sysctls: [{ key: 'net.netfilter.nf_conntrack_max', value: defaultLimit(cpus ?? 1) }],
  };
}

function empty(limit: number): Advice {
  return {
    id: 'table-empty',
    severity: 'ok',
    title: 'The table is empty',
    seen: [`0 of ${count(limit)} entries: the node is idle, or no firewall or NAT rule makes the kernel track`],
    ...NOTHING_TO_DO,
  };
}

const LISTED = 3;
/** Sources with a smaller share are not named. */
const WORTH_NAMING = 0.05;

/** The clients and services with the most flows, where there is a flow sample. */
export function adviceOnTopSources({ flowSample }: Snapshot): Advice[] {
  if (flowSample === undefined || flowSample.read === 0) return [];
  const { sources, destinations } = flowSample;
  const clients = named(sources.top, ({ address }) => address);
  const services = named(destinations.top, serviceText);
  const seen = [
    clients === '' ? 'no client that stands out' : `clients ${clients}`,
    services === '' ? 'no service that stands out' : `services ${services}`,
    'more by conntrack-agent flows',
  ];
  return [{ id: 'top-holders', severity: 'ok', title: 'Who holds the entries', seen, ...NOTHING_TO_DO }];
}

function named<Row extends Share>(rows: readonly Row[], nameOf: (row: Row) => string): string {
  const worth = rows.slice(0, LISTED).filter(({ share }) => share >= WORTH_NAMING);
  return worth.map((row) => `${nameOf(row)} (${percent(row.share)})`).join(', ');
}
