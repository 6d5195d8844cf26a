import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adviceOn, sysctlsOf, worstOf } from '../../../src/analysis/advice/all-advice.ts';
import type { Advice, Severity, Snapshot } from '../../../src/analysis/advice/snapshot.ts';
import { LONG_TIMEOUTS } from '../../../src/analysis/advice/timeouts.ts';
import { LOSS_CAUSE_ROWS } from '../../../src/model/alarms/loss-causes.ts';
import type { CloudStatus } from '../../../src/model/cloud-allowance.ts';
import { CARRIERS } from '../../../src/model/datapath.ts';
import type { KubeProxySettings } from '../../../src/model/kube-proxy.ts';
import type { DropsByCause } from '../../../src/model/status.ts';
import { effectOf, flowSampleOf, growing, portsUsed, sampleOfSources, shareOf, snapshotOf } from './node-snapshots.ts';

type Node = readonly [fixture: string, change?: (snapshot: Snapshot) => Partial<Snapshot>];

const filledTo = (share: number) => (snapshot: Snapshot) => {
  const entries = Math.round(share * snapshot.limit!);
  return { entries, peak: entries };
};
const grown =
  (by: Record<string, number>, drops: Partial<DropsByCause> = {}) =>
  (snapshot: Snapshot) =>
    growing(snapshot, by, drops);
const broken = (source: string) => (snapshot: Snapshot) => ({
  sources: snapshot.sources.map((report) =>
    report.source === source ? { ...report, up: false, problem: { message: 'Cannot', remedy: 'Do' } } : report,
  ),
});

/** As kube-proxy 1.20 would have answered, on a node of eight CPUs. */
const asked = (settings: Partial<KubeProxySettings>) => () => ({
  cpus: 8,
  kubeProxy: {
    mode: 'iptables',
    version: { major: 1, minor: 20, text: 'v1.20.2' },
    maxPerCpu: 32_768,
    min: 131_072,
    establishedSeconds: 86_400,
    closeWaitSeconds: 3600,
    ...settings,
  },
});

const cloudOf = (available: number, dropped = 0, exceeded = dropped): CloudStatus => ({
  devices: [{ device: 'ens5', available, exceeded }],
  available,
  growthPerSecond: undefined,
  secondsUntilExceeded: undefined,
  dropped,
  droppedLastMinute: dropped,
});
/** A timeout of five days, of which the usual shorter values would free so much. */
const ESTABLISHED = (share: number) =>
  effectOf('tcp established', 432_000, [
    [86_400, share],
    [7440, share],
  ]);

/** Each advice, its severity, a node that gets it with what it is shown, and one that must not get it. */
type Case = { id: string; severity: Severity; on: Node; seen: RegExp; notOn: Node };

const CASES: readonly Case[] = [
  {
    id: 'usage-fine',
    severity: 'ok',
    on: ['debian-6.1'],
    seen: /167,012 of 262,144 entries \(63\.7 %\)/,
    notOn: ['debian-6.1', filledTo(0.9)],
  },
  {
    id: 'table-high',
    severity: 'warning',
    on: ['debian-6.1', filledTo(0.91)],
    seen: /238,551 of 262,144 entries \(90\.9 %\)/,
    notOn: ['small-gateway'],
  },
  {
    id: 'table-nearly-full',
    severity: 'critical',
    on: ['debian-6.1', filledTo(0.96)],
    seen: /\(95\.9 %\)/,
    notOn: ['debian-6.1', filledTo(0.94)],
  },
  {
    id: 'table-full',
    severity: 'critical',
    on: ['debian-6.1', filledTo(1)],
    seen: /\(100 %\)/,
    notOn: ['debian-6.1', filledTo(0.999)],
  },
  {
    id: 'count-above-limit',
    severity: 'critical',
    on: ['count-above-limit'],
    seen: /140,233 of 131,072/,
    notOn: ['debian-6.1', filledTo(1)],
  },
  {
    id: 'limit-zero',
    severity: 'warning',
    on: ['debian-6.1', () => ({ limit: 0 })],
    seen: /nf_conntrack_max is 0/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'table-empty',
    severity: 'ok',
    on: ['linux-6.18', () => ({ entries: 0, peak: 0 })],
    seen: /0 of 262,144/,
    notOn: ['linux-6.18'],
  },
  {
    id: 'table_full-now',
    severity: 'critical',
    on: ['debian-6.1', grown({ drop: 60 }, { table_full: 60 })],
    seen: /60 in 3\.0 s \(20 a second\)/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'table_full-since-boot',
    severity: 'warning',
    on: ['count-above-limit'],
    seen: /89,203, and 40,122 entries evicted/,
    notOn: ['small-gateway'],
  },
  {
    id: 'evicted-now',
    severity: 'warning',
    on: ['debian-6.1', grown({ early_drop: 1 })],
    seen: /1 in 3\.0 s \(0\.33 a/,
    notOn: ['count-above-limit'],
  },
  {
    id: 'insert_failures-now',
    severity: 'warning',
    on: ['debian-6.1', grown({ insert_failed: 3, drop: 3 })],
    seen: /3 in 3\.0 s/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'snat_ports_exhausted-now',
    severity: 'warning',
    on: ['debian-6.1', grown({ insert_failed: 3, drop: 3, found: 744 })],
    seen: /3 in 3\.0 s .*, 13,1\d\d insert failures of any cause since boot/,
    notOn: ['debian-6.1', grown({ insert_failed: 3, drop: 3 })],
  },
  {
    id: 'nat_without_ports-now',
    severity: 'warning',
    on: [
      'debian-6.1',
      (snapshot) => ({
        ...growing(snapshot, { insert_failed: 12, drop: 12, found: 12 }),
        flowSample: { ...flowSampleOf(), snatWithoutPorts: [{ protocol: 'GRE', ...shareOf(0.2) }] },
      }),
    ],
    seen: /^source NAT translates protocols without ports: GRE$/,
    notOn: ['debian-6.1', grown({ insert_failed: 12, drop: 12, found: 0 })],
  },
  {
    id: 'insert_failures_unexplained-now',
    severity: 'warning',
    on: ['debian-6.1', grown({ insert_failed: 3, drop: 3, found: 30 })],
    seen: /3 in 3\.0 s/,
    notOn: ['debian-6.1', grown({ insert_failed: 3, drop: 3, found: 744 })],
  },
  {
    id: 'insert_failures_unexplained-since-boot',
    severity: 'ok',
    on: ['debian-6.1'],
    seen: /13,117 since boot/,
    notOn: ['debian-6.1', grown({ insert_failed: 3, drop: 3 })],
  },
  {
    id: 'memory_drops-now',
    severity: 'warning',
    on: ['debian-6.1', grown({ drop: 3 }, { memory: 3 })],
    seen: /^3 in 3\.0 s \(1\.0 a second\)$/,
    notOn: ['debian-6.1', grown({ drop: 3 }, { table_full: 3 })],
  },
  {
    id: 'tracker_drops-now',
    severity: 'warning',
    on: ['debian-6.1', grown({ drop: 3, invalid: 3 }, { tracker: 3 })],
    seen: /^3 in 3\.0 s/,
    notOn: ['debian-6.1', grown({ drop: 3 }, { memory: 3 })],
  },
  {
    id: 'unexplained_drops-now',
    severity: 'warning',
    on: ['debian-6.1', grown({ drop: 3 }, { unknown: 3 })],
    seen: /^3 in 3\.0 s/,
    notOn: ['debian-6.1', grown({ drop: 3 }, { tracker: 3 })],
  },
  {
    id: 'chains_too_long-now',
    severity: 'warning',
    on: ['small-gateway', grown({ chainlength: 9, insert_failed: 9 })],
    seen: /9 in/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'chains_too_long-since-boot',
    severity: 'ok',
    on: ['debian-6.1'],
    seen: /9 since boot/,
    notOn: ['count-above-limit'],
  },
  {
    id: 'snat-ports-low',
    severity: 'warning',
    on: ['debian-6.1', () => ({ flowSample: { ...flowSampleOf(), snatPorts: [portsUsed(0.82), portsUsed(0.1)] } })],
    seen: /^198\.51\.100\.9 to 192\.0\.2\.20:7000\/tcp, 82 % of the ports: 52,900 of 64,512$/,
    notOn: ['debian-6.1', () => ({ flowSample: { ...flowSampleOf(), snatPorts: [portsUsed(0.79)] } })],
  },
  {
    id: 'invalid_packets-now',
    severity: 'warning',
    on: ['debian-6.1', grown({ invalid: 301 })],
    seen: /301 in/,
    notOn: ['debian-6.1', grown({ invalid: 300 })],
  },
  {
    id: 'nat_collisions-now',
    severity: 'warning',
    on: ['debian-6.1', grown({ found: 900 })],
    seen: /900 in/,
    notOn: ['debian-6.1', grown({ found: 9 })],
  },
  {
    id: 'losses-none',
    severity: 'ok',
    on: ['small-gateway', grown({ invalid: 2 })],
    seen: /invalid \+2 in 3\.0 s/,
    notOn: ['small-gateway', grown({ early_drop: 1 })],
  },
  {
    id: 'limit-fine',
    severity: 'ok',
    on: ['debian-6.1'],
    seen: /262,144 entries would take about 82 MiB/,
    notOn: ['small-gateway'],
  },
  {
    id: 'limit-eats-memory',
    severity: 'warning',
    on: ['small-gateway'],
    seen: /320 MiB, 32\.3 % of 990 MiB/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'limit-low-for-cpus',
    severity: 'warning',
    on: ['debian-6.1', () => ({ cpus: 16 })],
    seen: /by default kube-proxy sets 524,288 for 16 CPUs/,
    notOn: ['debian-6.1', () => ({ cpus: 8 })],
  },
  {
    id: 'kube-proxy-would-lower',
    severity: 'warning',
    on: ['debian-6.1', () => ({ cpus: 4 })],
    seen: /timeouts are set; it did not answer, so this is a guess/,
    notOn: ['small-gateway'],
  },
  {
    id: 'kube-proxy-fine',
    severity: 'ok',
    on: ['debian-6.1', asked({ maxPerCpu: 65_536 })],
    seen: /asks for 524,288/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'kube-proxy-will-lower',
    severity: 'warning',
    on: ['rhel8-4.18', asked({ maxPerCpu: 1000, min: 131_072 })],
    seen: /maxPerCore 1000, min 131072, 8 CPUs/,
    notOn: ['rhel8-4.18', asked({ maxPerCpu: 0 })],
  },
  {
    id: 'kube-proxy-will-fill',
    severity: 'warning',
    on: ['debian-6.1', asked({ maxPerCpu: 1000, min: 131_072 })],
    seen: /limit 262,144, most entries/,
    notOn: ['debian-6.1', asked({ maxPerCpu: 1000, min: 131_072, version: { major: 1, minor: 25, text: 'v1.25.0' } })],
  },
  {
    id: 'kube-proxy-cannot',
    severity: 'ok',
    on: ['rhel8-4.18', () => ({ ...asked({ maxPerCpu: 1000 })(), isReadOnly: { limit: true, buckets: true } })],
    seen: /is read-only in this container/,
    notOn: ['rhel8-4.18', asked({ maxPerCpu: 1000 })],
  },
  {
    id: 'kube-proxy-silent',
    severity: 'ok',
    on: ['debian-6.1', () => ({ kubeProxyProblem: { message: 'Cannot ask kube-proxy at "a"; at "b"' } })],
    seen: /^Cannot ask kube-proxy at "a"; at "b"$/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'cloud_allowance-now',
    severity: 'critical',
    on: ['debian-6.1', () => ({ cloud: cloudOf(0, 7, 340) })],
    seen: /^7 packets dropped in 3\.0 s, 340 since the driver was reset$/,
    notOn: ['debian-6.1', () => ({ cloud: cloudOf(0, 0, 340) })],
  },
  {
    id: 'cloud_allowance-low',
    severity: 'warning',
    on: ['debian-6.1', () => ({ cloud: cloudOf(8000) })],
    seen: /^8,000 more can be tracked by the cloud, as ens5 tells$/,
    notOn: ['debian-6.1', () => ({ cloud: cloudOf(8001) })],
  },
  {
    id: 'cloud_allowance-since-boot',
    severity: 'ok',
    on: ['debian-6.1', () => ({ cloud: cloudOf(9000, 0, 340) })],
    seen: /^0 packets dropped/,
    notOn: ['debian-6.1', () => ({ cloud: cloudOf(9000) })],
  },
  {
    id: 'cloud_allowance-fine',
    severity: 'ok',
    on: ['debian-6.1', () => ({ cloud: cloudOf(9000) })],
    seen: /in this table \(6\d/,
    notOn: ['debian-6.1'],
  },
  ...CARRIERS.map(
    (carries): Case => ({
      id: `datapath-${carries}`,
      severity: 'ok',
      on: [
        'debian-6.1',
        () => ({ datapath: { cni: 'x', proxy: 'y', carries, seen: ['seen so'], bpfMetric: undefined } }),
      ],
      seen: /^seen so$/,
      notOn: ['debian-6.1', () => ({ datapath: undefined })],
    }),
  ),
  {
    id: 'buckets-fine',
    severity: 'ok',
    on: ['debian-6.1'],
    seen: /262,144 buckets: chains of 1\.3 now, of 2\.0/,
    notOn: ['small-gateway'],
  },
  {
    id: 'chains-long',
    severity: 'warning',
    on: ['small-gateway'],
    seen: /chains of 111\.3 now, of 128\.0/,
    notOn: ['rhel8-4.18'],
  },
  { id: 'timeouts-fine', severity: 'ok', on: ['debian-6.1'], seen: /1 day/, notOn: ['linux-6.18'] },
  {
    id: 'established-long',
    severity: 'ok',
    on: ['linux-6.18'],
    seen: /5 days; how many .* cannot be told/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'established-holds',
    severity: 'warning',
    on: ['linux-6.18', () => ({ flowSample: flowSampleOf([ESTABLISHED(0.3)]) })],
    seen: /about 30,000 entries, 30 % of the table \(between 29 % and 31 %\)/,
    notOn: ['small-gateway', () => ({ flowSample: flowSampleOf([ESTABLISHED(0.01)]) })],
  },
  {
    id: 'close-wait-long',
    severity: 'ok',
    on: ['linux-6.18', () => ({ timeouts: [{ protocol: 'tcp', state: 'close_wait', seconds: 7200 }] })],
    seen: /2 hours/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'close-wait-holds',
    severity: 'warning',
    on: ['debian-6.1', () => ({ flowSample: flowSampleOf([effectOf('tcp close_wait', 3600, [[60, 0.2]])]) })],
    seen: /20,000 entries/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'time-wait-long',
    severity: 'ok',
    on: ['linux-6.18', () => ({ timeouts: [{ protocol: 'tcp', state: 'time_wait', seconds: 240 }] })],
    seen: /4 minutes/,
    notOn: ['linux-6.18'],
  },
  {
    id: 'time-wait-holds',
    severity: 'warning',
    on: ['debian-6.1', () => ({ flowSample: flowSampleOf([effectOf('tcp time_wait', 120, [[30, 0.5]])]) })],
    seen: /50 % of the table/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'udp-long',
    severity: 'ok',
    on: ['small-gateway', (snapshot) => ({ peak: 9, entries: 9, timeouts: snapshot.timeouts })],
    seen: /3 minutes/,
    notOn: ['linux-6.18'],
  },
  {
    id: 'udp-holds',
    severity: 'warning',
    on: ['small-gateway'],
    seen: /3 minutes; how many/,
    notOn: ['debian-6.1', () => ({ flowSample: flowSampleOf([effectOf('udp default', 180, [[30, 0.05]])]) })],
  },
  {
    id: 'udp-stream-long',
    severity: 'ok',
    on: ['small-gateway', filledTo(0.2)],
    seen: /5 minutes/,
    notOn: ['rhel7-3.10'],
  },
  {
    id: 'udp-stream-holds',
    severity: 'warning',
    on: ['small-gateway', () => ({ flowSample: flowSampleOf([effectOf('udp stream', 300, [[120, 0.6]])]) })],
    seen: /60 %/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'other-timeout-holds',
    severity: 'warning',
    on: ['debian-6.1', () => ({ flowSample: flowSampleOf([effectOf('tcp syn_sent', 120, [[20, 0.3]])]) })],
    seen: /20 seconds would free about 30,000 entries/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'namespace-own',
    severity: 'ok',
    on: ['debian-6.1'],
    seen: /PID 1 is in this network namespace/,
    notOn: ['foreign-namespace'],
  },
  {
    id: 'namespace-foreign',
    severity: 'critical',
    on: ['foreign-namespace'],
    seen: /in another network namespace/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'namespace-unknown',
    severity: 'warning',
    on: ['linux-6.18', () => ({ entries: 0, netns: { inHostNetns: undefined, why: 'neither' } })],
    seen: /neither/,
    notOn: ['linux-6.18'],
  },
  {
    id: 'module-absent',
    severity: 'warning',
    on: ['no-conntrack-module'],
    seen: /no nf_conntrack_count/,
    notOn: ['ubuntu-5.15-no-stat-file'],
  },
  {
    id: 'table-unreadable',
    severity: 'critical',
    on: ['debian-6.1', broken('entries')],
    seen: /^Cannot$/,
    notOn: ['debian-6.1', broken('buckets')],
  },
  {
    id: 'source-missing',
    severity: 'warning',
    on: ['debian-6.1', broken('buckets')],
    seen: /^Cannot$/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'counters-missing',
    severity: 'warning',
    on: ['ubuntu-5.15-no-stat-file'],
    seen: /Ubuntu and Azure Linux/,
    notOn: ['debian-6.1'],
  },
  {
    id: 'counters-off',
    severity: 'ok',
    on: ['debian-6.1', () => ({ counters: undefined, countersAreWanted: false })],
    seen: /no-collector/,
    notOn: ['ubuntu-5.15-no-stat-file'],
  },
  {
    id: 'flow-sample-missing',
    severity: 'ok',
    on: ['debian-6.1'],
    seen: /add: \[NET_ADMIN\]/,
    notOn: ['debian-6.1', () => ({ hasNetAdmin: true })],
  },
  {
    id: 'flow-sample-failed',
    severity: 'warning',
    on: ['debian-6.1', () => ({ hasNetAdmin: true, flowSampleProblem: { message: 'Cannot', remedy: 'Do' } })],
    seen: /^Cannot$/,
    notOn: ['debian-6.1', () => ({ flowSample: flowSampleOf() })],
  },
  {
    id: 'top-holders',
    severity: 'ok',
    on: [
      'debian-6.1',
      () => ({ flowSample: sampleOfSources({ '10.42.3.17': 0.6, '10.42.3.18': 0.1, '10.42.3.19': 0.04 }) }),
    ],
    seen: /^clients 10\.42\.3\.17 \(60 %\), 10\.42\.3\.18 \(10 %\)$/,
    notOn: ['debian-6.1'],
  },
];

async function adviceFor([fixture, change]: Node): Promise<readonly Advice[]> {
  const snapshot = await snapshotOf(fixture);
  return adviceOn({ ...snapshot, ...change?.(snapshot) });
}

const idsOf = (advice: readonly Advice[]) => advice.map(({ id }) => id);

describe('adviceOnTimeouts()', () => {
  it('ranks timeouts by what they would free, whatever they are, and takes the longest value that frees enough', async () => {
    const effects = [
      ESTABLISHED(0.15),
      effectOf('tcp syn_sent', 120, [
        [60, 0.2],
        [20, 0.4],
      ]),
      effectOf('udp default', 30, [[10, 0.25]]),
    ];
    const advice = await adviceFor(['linux-6.18', () => ({ flowSample: flowSampleOf(effects) })]);
    const held = advice.filter(({ id }) => id.endsWith('-holds'));
    expect(held.map(({ sysctls }) => sysctls[0]!.key.replace('net.netfilter.nf_conntrack_', ''))).toEqual([
      'tcp_timeout_syn_sent',
      'udp_timeout',
      'tcp_timeout_established',
    ]);
    expect(held[0]!.sysctls[0]!.value).toBe(60);
    expect(held[0]!.seen).toContain('idle for up to 119 seconds, to 10.96.0.31:5432/tcp');
    expect(held[0]!.remedy.join()).toContain('entries that stand keep the timer they have');
  });
});

describe('adviceOn()', () => {
  const named = CASES.map((row) => [row.id, row.severity, row] as const);
  it.each(named)('gives %s (%s) where it is due and nowhere else', async (id, severity, { on, seen, notOn }) => {
    const advice = (await adviceFor(on)).find((one) => one.id === id);
    expect(advice).toMatchObject({ severity });
    expect(
      advice!.seen.some((line) => seen.test(line)),
      advice!.seen.join('\n'),
    ).toBe(true);
    expect(idsOf(await adviceFor(notOn))).not.toContain(id);
  });

  it('has a case above for every advice there is', () => {
    const folder = new URL('../../../src/analysis/advice/', import.meta.url);
    const unended = LONG_TIMEOUTS.map(({ id }) => id); // Their ids take an ending, below.
    const own = ['watchers.ts', 'agent-alarms.ts']; // Their tests have every case of them.
    const names = readdirSync(folder).filter((name) => !own.includes(name));
    const literal = names.flatMap((name) => {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const ids = text.matchAll(/(?:\bid: |base\(snapshot, |\? |: )'([a-z]+(?:-[a-z]+)+)'/g);
      return Array.from(ids, ([, id]) => id!).filter((id) => !unended.includes(id));
    });
    const made = [
      ...LOSS_CAUSE_ROWS.flatMap(({ id, sinceBoot }) => [
        `${id}-now`,
        ...(sinceBoot === undefined ? [] : [`${id}-since-boot`]),
      ]),
      'cloud_allowance-low',
      'cloud_allowance-fine',
      ...CARRIERS.map((carries) => `datapath-${carries}`),
      ...LONG_TIMEOUTS.flatMap(({ id }) => [`${id}-long`, `${id}-holds`]),
    ];
    expect(literal).toContain('count-above-limit');
    expect(CASES.map(({ id }) => id).sort()).toEqual([...new Set([...literal, ...made])].sort());
  });

  it('says of a foreign namespace only how full its table is', async () => {
    expect(idsOf(await adviceFor(['foreign-namespace']))).toEqual(['namespace-foreign', 'table-empty']);
  });

  it('puts the worst first, and whoever has a warning or worse is told what it means or what to do', async () => {
    const advice = await adviceFor(['count-above-limit']);
    const severities = advice.map(({ severity }) => severity);
    expect(severities).toEqual(['critical', 'warning', ...severities.slice(2).map(() => 'ok')]);
    for (const { severity, on } of CASES.filter(({ severity }) => severity !== 'ok')) {
      const due = (await adviceFor(on)).filter((one) => one.severity === severity);
      for (const one of due) expect(`${one.id}: ${one.meaning}${one.remedy}`.length).toBeGreaterThan(one.id.length + 3);
    }
  });

  it('takes the peak of the look for how full the table is, not the end of it', async () => {
    const spike = () => ({ entries: 10, peak: 262_144 });
    expect(idsOf(await adviceFor(['debian-6.1', spike]))).toContain('table-full');
  });

  it('says of a full table whether it drops, evicts, or neither is known', async () => {
    type Change = (snapshot: Snapshot) => Partial<Snapshot>;
    const titleOn = async (first: Change, second: Change = () => ({})) => {
      const change = (snapshot: Snapshot) => ({ ...second(snapshot), ...first(snapshot) });
      const advice = await adviceFor(['debian-6.1', change]);
      return advice.find(({ id }) => id === 'table-full');
    };
    const full = filledTo(1);
    const uncounted = () => ({ counters: undefined });
    expect((await titleOn(full, grown({ early_drop: 9 })))?.title).toBe(
      'The table is full, evicting, nothing dropped yet',
    );
    expect((await titleOn(full))?.title).toBe('The table is full, nothing dropped yet');
    expect((await titleOn(full, grown({ drop: 9 }, { table_full: 9 })))?.meaning).toMatch(
      /^New connections are dropped w/,
    );
    expect((await titleOn(full, uncounted))?.meaning).toMatch(/Whether any were is not known$/);
    // The kernel counts an entry before it checks.
    expect((await titleOn(() => ({ entries: 262_146, peak: 262_146, cpus: 2 })))?.title).toContain(
      'nothing dropped yet',
    );
  });

  it('advises no higher limit for what memory or a tracker drops', async () => {
    for (const cause of ['memory', 'tracker', 'unknown'] as const) {
      const advice = await adviceFor(['debian-6.1', grown({ drop: 9 }, { [cause]: 9 })]);
      const now = advice.filter(({ id }) => id.endsWith('drops-now'));
      expect(
        now.map(({ remedy, sysctls }) => [
          /raise the limit/i.test(remedy.join()) && !/not raise/.test(remedy.join()),
          sysctls,
        ]),
      ).toEqual([[false, []]]);
    }
  });

  it('does not say that the table was full by totals since boot alone', async () => {
    const before = (early_drop: number) => (snapshot: Snapshot) => ({
      counters: {
        ...snapshot.counters!,
        sinceBoot: new Map([...snapshot.counters!.sinceBoot, ['drop', 8322], ['early_drop', early_drop]] as const),
        tableFullDropsSinceBoot: 8322,
      },
    });
    const adviceOf = async (evicted: number) =>
      (await adviceFor(['debian-6.1', before(evicted)])).find(({ id }) => id === 'table_full-since-boot')!;
    expect((await adviceOf(0)).meaning).toContain('or memory was missing, or the tracker');
    expect((await adviceOf(0)).sysctls).toEqual([]);
    expect((await adviceOf(1)).meaning).toContain('only a full one evicts');
  });

  it('takes what is in drop and insert_failed alike for an insert failure, and not for a drop of a full table', async () => {
    const ids = idsOf(await adviceFor(['debian-6.1', grown({ insert_failed: 9, drop: 9, chainlength: 0 })]));
    expect([ids.includes('insert_failures-now'), ids.includes('table_full-now')]).toEqual([true, false]);
  });

  it('names DNS as the finding only where the flow sample has flows to port 53', async () => {
    const raced = grown({ insert_failed: 9, drop: 9 });
    const seenWith = async (port: number) => {
      const flowSample = flowSampleOf();
      const row = { address: '10.96.0.10', family: 'ipv4', port, protocol: 'udp', ...shareOf(0.3) } as const;
      const destinations = { ...flowSample.destinations, top: [row] };
      const change = (snapshot: Snapshot) => ({ ...raced(snapshot), flowSample: { ...flowSample, destinations } });
      return (await adviceFor(['debian-6.1', change])).find(({ id }) => id === 'insert_failures-now')!;
    };
    expect((await seenWith(53)).seen).toContain('DNS is likely: 30 % of the entries are flows to port 53');
    expect((await seenWith(443)).seen.join()).not.toContain('DNS');
    const { title, meaning } = await seenWith(443);
    expect(`${title} ${meaning}`).not.toMatch(/mostly|most likely/);
  });

  it('does not take an interval for a number: a complete flow sample is told without one', async () => {
    const flowSample = { ...flowSampleOf([effectOf('tcp close_wait', 3600, [[60, 0.2]])]), isComplete: true };
    const advice = await adviceFor(['debian-6.1', () => ({ flowSample })]);
    const seen = advice.find(({ id }) => id === 'close-wait-holds')!.seen.join();
    expect(seen).toContain('1 minute would free about 20,000 entries, 20 % of the table');
    expect(seen).not.toContain('between');
  });
});

describe('adviceOnKubeProxy()', () => {
  const titleWith = async (minor: number, patch: number) => {
    const version = { major: 1, minor, patch, text: `v1.${minor}.${patch}` };
    const advice = await adviceFor(['rhel8-4.18', asked({ maxPerCpu: 1000, version })]);
    return advice.find(({ id }) => id === 'kube-proxy-will-lower')!;
  };

  it('says that kube-proxy will lower the limit where it is certain, and may where a patch may not', async () => {
    expect((await titleWith(36, 0)).title).toMatch(/^kube-proxy will lower the limit to /);
    const unsure = await titleWith(36, 4);
    expect(unsure.title).toMatch(/^kube-proxy may lower the limit to /);
    expect(unsure.seen.join()).toContain('see the changelog of v1.36.4');
  });
});

describe('sysctlsOf()', () => {
  it('advises one limit with its buckets, twice the entries or more, and what kube-proxy would set at the least', async () => {
    const settings = sysctlsOf(await adviceFor(['debian-6.1', () => ({ cpus: 16 })]));
    expect(settings).toEqual([
      { key: 'net.netfilter.nf_conntrack_max', value: 524_288 },
      { key: 'net.netfilter.nf_conntrack_buckets', value: 524_288 },
    ]);
  });

  it('goes to what kube-proxy would set at once where doubling the limit would be less', async () => {
    const small = () => ({ limit: 3000, entries: 2900, peak: 2900, cpus: 2 });
    const settings = sysctlsOf(await adviceFor(['linux-6.18', small]));
    expect(settings).toContainEqual({ key: 'net.netfilter.nf_conntrack_max', value: 131_072 });
  });

  it('advises no higher limit where the memory has no room for it, but shorter timeouts and more buckets', async () => {
    const advice = await adviceFor(['small-gateway', filledTo(0.92)]);
    expect(advice[0]!.remedy.join()).toContain('the memory has no room for a higher limit');
    expect(sysctlsOf(advice)).toEqual([
      { key: 'net.netfilter.nf_conntrack_buckets', value: 1_048_576 },
      { key: 'net.netfilter.nf_conntrack_tcp_timeout_established', value: 86_400 },
      { key: 'net.netfilter.nf_conntrack_udp_timeout', value: 30 },
      { key: 'net.netfilter.nf_conntrack_udp_timeout_stream', value: 120 },
    ]);
  });

  it.each([
    [3, 10, false],
    [4, 6, false],
    [4, 7, true],
    [6, 1, true],
  ])('raises the buckets of Linux %d.%d by sysctl: %j, which can be written since 4.7', async (major, minor, can) => {
    const kernel = { text: '', major, minor };
    const settings = sysctlsOf(await adviceFor(['rhel7-3.10', (snapshot) => ({ kernel, ...filledTo(0.9)(snapshot) })]));
    const keys = settings.map(({ key }) => key);
    expect(keys).toContain('net.netfilter.nf_conntrack_max');
    expect(keys.includes('net.netfilter.nf_conntrack_buckets')).toBe(can);
  });

  it('changes nothing on a node that is well', async () => {
    expect(sysctlsOf(await adviceFor(['linux-6.18']))).toEqual([]);
    expect(sysctlsOf(await adviceFor(['rhel8-4.18']))).toEqual([]);
  });

  it('goes below a day only where the flow sample shows that a day is too long', async () => {
    const settings = sysctlsOf(
      await adviceFor([
        'debian-6.1',
        () => ({ flowSample: flowSampleOf([effectOf('tcp established', 86_400, [[7440, 0.4]])]) }),
      ]),
    );
    expect(settings).toContainEqual({ key: 'net.netfilter.nf_conntrack_tcp_timeout_established', value: 7440 });
  });
});

describe('a node that is a container, whose limit is read-only', () => {
  const isReadOnly = { limit: true, buckets: true };

  it('is advised to have the limit raised on the machine below, and no setting that would be refused', async () => {
    const advice = await adviceFor(['debian-6.1', () => ({ cpus: 16, isReadOnly })]);
    const low = advice.find(({ id }) => id === 'limit-low-for-cpus')!;
    expect(low.remedy[0]).toMatch(/^Raise the limit to [\d,]+ on the machine that runs this node as a container/);
    expect(sysctlsOf(advice).filter(({ key }) => /nf_conntrack_(max|buckets)$/.test(key))).toEqual([]);
  });

  it('is not told that kube-proxy may lower the limit', async () => {
    const advice = await adviceFor(['debian-6.1', () => ({ cpus: 4, isReadOnly })]);
    expect(idsOf(advice)).not.toContain('kube-proxy-would-lower');
  });
});

describe('worstOf()', () => {
  it.each([
    ['rhel8-4.18', 'ok'],
    ['debian-6.1', 'ok'],
    ['rhel7-3.10', 'warning'],
    ['linux-6.18', 'warning'],
    ['small-gateway', 'warning'],
    ['count-above-limit', 'critical'],
  ])('finds %s %s', async (node, severity) => {
    expect(worstOf(await adviceFor([node]))).toBe(severity);
  });
});

describe('the limit of a node of 96 CPUs', () => {
  it('is not told to be what kube-proxy has not set since 1.36', async () => {
    const advice = await adviceFor(['rhel8-4.18', () => ({ cpus: 96 })]);
    const text = advice.find(({ id }) => id === 'limit-fine')!.seen.join();
    expect(text).toContain('by default kube-proxy sets 1,048,576 for 96 CPUs');
    expect(text).toContain('3,145,728 before Kubernetes 1.36');
  });

  it('is not raised to it either', async () => {
    const crowded = () => ({ cpus: 96, limit: 262_144, entries: 200_000, peak: 200_000 });
    const settings = sysctlsOf(await adviceFor(['rhel8-4.18', crowded]));
    expect(settings).toContainEqual({ key: 'net.netfilter.nf_conntrack_max', value: 1_048_576 });
  });
});
