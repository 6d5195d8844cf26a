import { LOSS_CAUSE_ROWS } from '../../model/alarms/loss-causes.ts';
import { tableBytes } from '../../model/kernel.ts';
import { defaultLimit, hasKubeProxyTimeouts, uncappedDefaultLimit } from '../../model/kube-proxy.ts';
import { usageOf } from '../../model/status.ts';
import { bytes, count, percent } from '../../model/text/numbers.ts';
import { TIGHT_USAGE } from './kube-proxy.ts';
import { type Advice, isBusy, NOTHING_TO_DO, type Snapshot, type Sysctl } from './snapshot.ts';

/** The limit compared with the memory and with what kube-proxy would set for this number of CPUs. */
export function adviceOnLimit(snapshot: Snapshot): Advice[] {
  const { limit } = snapshot;
  if (limit === undefined || limit === 0) return [];
  const problems = [...memoryProblems(snapshot, limit), ...kubeProxyProblems(snapshot, limit)];
  if (problems.length > 0) return problems;
  const seen = [memoryText(snapshot, limit), formulaText(snapshot, limit)].filter((text) => text !== undefined);
  return [{ id: 'limit-fine', severity: 'ok', title: 'The limit fits the node', seen, ...NOTHING_TO_DO }];
}

function memoryProblems(snapshot: Snapshot, limit: number): Advice[] {
  const { memory, entries = 0, buckets = 0 } = snapshot;
  if (memory === undefined) return [];
  const whenFull = tableBytes(limit, buckets);
  const stillToCome = whenFull - tableBytes(Math.min(entries, limit), buckets);
  if (whenFull <= 2 * MEMORY_SHARE * memory.totalBytes && stillToCome <= memory.availableBytes) return [];
  return [
    {
      id: 'limit-eats-memory',
      severity: 'warning',
      title: 'A full table would take a large part of the memory',
      seen: [memoryText(snapshot, limit)!, `${bytes(memory.availableBytes)} of memory are available now`],
      meaning:
        'Entries are kernel memory, which cannot be swapped: before the table is full, processes would be killed',
      remedy: [
        'Give the node more memory, or lower the limit, but not below what is in use: that refuses all new flows',
      ],
      sysctls: [],
    },
  ];
}

/** About 320 bytes an entry and 8 a bucket. */
function memoryText({ memory, buckets = 0 }: Snapshot, limit: number): string | undefined {
  const whenFull = tableBytes(limit, buckets);
  if (memory === undefined) return `${count(limit)} entries would take about ${bytes(whenFull)}`;
  const share = `${percent(whenFull / memory.totalBytes)} of ${bytes(memory.totalBytes)}`;
  return `${count(limit)} entries would take about ${bytes(whenFull)}, ${share}`;
}

function formulaText({ cpus }: Snapshot, limit: number): string | undefined {
  if (cpus === undefined) return undefined;
  const [formula, uncapped] = [defaultLimit(cpus), uncappedDefaultLimit(cpus)];
  const cpusText = cpus === 1 ? '1 CPU' : `${count(cpus)} CPUs`;
  if (limit === formula || limit === uncapped) return `it is what kube-proxy sets by default for ${cpusText}`;
  const before = uncapped === formula ? '' : ` and at most 1048576; ${count(uncapped)} before Kubernetes 1.36`;
  return `by default kube-proxy sets ${count(formula)} for ${cpusText}: max(32768 x CPUs, 131072)${before}`;
}

function kubeProxyProblems(snapshot: Snapshot, limit: number): Advice[] {
  const { cpus, peak = 0, memory, kubeProxy, timeouts, isReadOnly } = snapshot;
  if (cpus === undefined) return [];
  const formula = defaultLimit(cpus);
  const seen = [`limit ${count(limit)}, most entries ${count(peak)}`, formulaText(snapshot, limit)!];
  const isGuess = kubeProxy === undefined && hasKubeProxyTimeouts(timeouts) && !isReadOnly?.limit;
  if (isGuess && limit > formula && peak >= TIGHT_USAGE * formula) {
    return [wouldLower(snapshot, seen, formula)];
  }
  const isAffordable =
    memory === undefined || tableBytes(formula, bucketsFor(formula)) <= MEMORY_SHARE * memory.totalBytes;
  if (limit < formula && isBusy(snapshot) && isAffordable) return [belowFormula(snapshot, seen)];
  return [];
}

function wouldLower({ peak = 0 }: Snapshot, seen: string[], formula: number): Advice {
  const share = percent(peak / formula);
  return {
    id: 'kube-proxy-would-lower',
    alarms: ['kube_proxy_limit_low'],
    severity: 'warning',
    title: 'kube-proxy may lower the limit when it starts again',
    seen: [...seen, 'kube-proxy seems to run here: its timeouts are set; it did not answer, so this is a guess'],
    meaning: `The entries there now are ${share} of its default limit. If the limit was not set in its configuration, its next start fills the table`,
    remedy: [KUBE_PROXY_LIMIT],
    sysctls: [],
  };
}

function belowFormula(snapshot: Snapshot, seen: string[]): Advice {
  return {
    id: 'limit-low-for-cpus',
    severity: 'warning',
    title: 'The limit is low for so many CPUs',
    seen,
    meaning: 'The table is half full or more, and a node of this size can do with a larger one',
    ...moreHeadroom(snapshot),
  };
}

/** Usage at the peak of the snapshot after the limit was raised. */
const COMFORTABLE_USAGE = 0.5;
/** A limit whose full table would take more of the memory than this is not advised. */
const MEMORY_SHARE = 0.125;

/**
 * A limit at which the peak of the snapshot is at most half of the table, at least twice the present one and at least what
 * kube-proxy would set; undefined when the memory allows none above the present one. A power of two.
 */
function higherLimit({ peak = 0, limit, memory, cpus = 0 }: Snapshot): number | undefined {
  if (limit === undefined || limit === 0) return undefined;
  const wanted = powerOfTwoFrom(Math.max(2 * limit, peak / COMFORTABLE_USAGE, cpus > 0 ? defaultLimit(cpus) : 0));
  if (memory === undefined) return wanted;
  const isAffordable = (entries: number) => tableBytes(entries, entries) <= memory.totalBytes * MEMORY_SHARE;
  const affordable = [wanted, wanted / 2].find(isAffordable);
  return affordable !== undefined && affordable > limit ? affordable : undefined;
}

/** A higher limit where the memory suffices; otherwise only fewer entries help. */
export function moreHeadroom(snapshot: Snapshot): { remedy: string[]; sysctls: Sysctl[] } {
  const limit = higherLimit(snapshot);
  const fewer = 'Find out who holds the entries (conntrack-agent flows), and shorten the timeouts that hold dead ones';
  if (limit === undefined) return { remedy: [`${fewer}: the memory has no room for a higher limit`], sysctls: [] };
  if (snapshot.isReadOnly?.limit) return { remedy: [setBelow(`the limit to ${count(limit)}`), fewer], sysctls: [] };
  const sysctls = [{ key: 'net.netfilter.nf_conntrack_max', value: limit }, ...bucketsSetting(snapshot, limit)];
  return { remedy: [`Raise the limit to ${count(limit)}, with as many buckets`, fewer], sysctls };
}

/** For settings that the kernel has once for all namespaces and that only the first may write. */
function setBelow(what: string): string {
  return `Raise ${what} on the machine that runs this node as a container: here it is read-only, for root too`;
}

/** The setting that makes the buckets as many as this limit, where they are fewer and a sysctl can do it: since Linux 4.7. */
export function bucketsSetting({ buckets = 0, kernel, isReadOnly }: Snapshot, limit: number): Sysctl[] {
  if (isReadOnly?.buckets) return [];
  const isTooOld = kernel !== undefined && (kernel.major < 4 || (kernel.major === 4 && kernel.minor < 7));
  const value = bucketsFor(limit);
  return isTooOld || buckets >= value ? [] : [{ key: 'net.netfilter.nf_conntrack_buckets', value }];
}

/** One bucket per entry, the kernel's own default since 5.15; a bucket is 8 bytes, an entry 320. */
function bucketsFor(limit: number): number {
  return powerOfTwoFrom(limit);
}

function powerOfTwoFrom(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}

/** What kube-proxy and kernels before 5.15 set. Each flow is in two chains, so chains then hold 8 on average. */
const MAX_ENTRIES_PER_BUCKET = 4;
const BUCKET_BYTES = 8;

/** Entries per bucket of the hash, which is how many every packet has to compare. */
export function adviceOnBuckets(snapshot: Snapshot): Advice[] {
  const { limit, buckets, entries = 0 } = snapshot;
  if (limit === undefined || limit === 0 || buckets === undefined || buckets === 0) return [];
  const chain = (flows: number) => ((2 * flows) / buckets).toFixed(1);
  const seen = `${count(buckets)} buckets: chains of ${chain(entries)} now, of ${chain(limit)} when the table is full`;
  if (limit / buckets > MAX_ENTRIES_PER_BUCKET) return [tooFew(snapshot, limit, seen)];
  const title = 'There are buckets enough';
  return [{ id: 'buckets-fine', severity: 'ok', title, seen: [seen], ...NOTHING_TO_DO }];
}

function tooFew(snapshot: Snapshot, limit: number, seen: string): Advice {
  const wanted = bucketsFor(limit);
  return {
    id: 'chains-long',
    alarms: ['chains_too_long'],
    severity: 'warning',
    title: 'The hash has too few buckets',
    seen: [seen],
    meaning:
      'Every packet walks such a chain, which costs CPU, and since Linux 5.15 a chain that is too long refuses the new flow',
    remedy: snapshot.isReadOnly?.buckets
      ? [setBelow(`the buckets to ${count(wanted)}`)]
      : [
          `Raise the buckets to ${count(wanted)}, which takes ${bytes(wanted * BUCKET_BYTES)}; packets wait while the table is rehashed`,
          `Before Linux 4.7 write ${wanted} to /sys/module/nf_conntrack/parameters/hashsize; at boot: options nf_conntrack hashsize=${wanted} in /etc/modprobe.d`,
        ],
    sysctls: bucketsSetting(snapshot, limit),
  };
}

/** Where the limit has to be set on a node with kube-proxy, which sets it again at each start. */
const KUBE_PROXY_LIMIT =
  'kube-proxy overrides the limit at each start, upwards and downwards: set conntrack.maxPerCore and conntrack.min in its configuration (--conntrack-max-per-core, --conntrack-min), or maxPerCore: 0 to have it leave the limit alone';

const CAUSE = LOSS_CAUSE_ROWS.find(({ id }) => id === 'cloud_allowance')!;

/** The table that the cloud keeps for the instance, where a network driver tells of it. */
export function adviceOnCloud(snapshot: Snapshot): Advice[] {
  const { cloud, thresholds } = snapshot;
  if (cloud === undefined) return [];
  const { id, title, meaning, remedy } = CAUSE;
  const alarms = ['cloud_allowance_exceeded', 'cloud_allowance_low'] as const;
  const seen = seenOf(snapshot);
  const advice = { seen, meaning, remedy, sysctls: [] };
  if ((cloud.dropped ?? 0) > 0) return [{ ...advice, id: `${id}-now`, severity: 'critical', title, alarms }];
  const { available } = cloud;
  if (available !== undefined && available <= thresholds.cloudAllowanceAvailable) {
    const low = 'The cloud can track few more connections for this instance';
    return [{ ...advice, id: `${id}-low`, severity: 'warning', title: low, alarms: ['cloud_allowance_low'] }];
  }
  const hasDropped = droppedSinceReset(snapshot) > 0;
  const quiet = hasDropped ? CAUSE.sinceBoot! : 'The cloud can track more connections';
  const name = hasDropped ? `${id}-since-boot` : `${id}-fine`;
  return [{ id: name, severity: 'ok', title: quiet, seen, ...NOTHING_TO_DO }];
}

function seenOf(snapshot: Snapshot): string[] {
  const { cloud, entries, limit, snapshotSeconds } = snapshot;
  const { available, dropped, devices } = cloud!;
  const usage = usageOf({ entries, limit });
  const sinceReset = droppedSinceReset(snapshot);
  const names = devices.map(({ device }) => device).join(', ');
  return [
    ...(available === undefined ? [] : [`${count(available)} more can be tracked by the cloud, as ${names} tells`]),
    ...(entries === undefined || usage === undefined
      ? []
      : [`${count(entries)} in this table (${percent(usage)} of its limit)`]),
    ...(dropped === undefined || sinceReset === 0
      ? []
      : [
          `${count(dropped)} packets dropped in ${snapshotSeconds.toFixed(1)} s, ${count(sinceReset)} since the driver was reset`,
        ]),
  ];
}

/** Of the device that counted most: all count drops of one allowance. */
function droppedSinceReset({ cloud }: Snapshot): number {
  return Math.max(0, ...(cloud?.devices ?? []).map(({ exceeded = 0 }) => exceeded));
}
