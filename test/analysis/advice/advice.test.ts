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
type Case = [id: string, severity: Severity, on: Node, seen: RegExp, notOn: Node];

const CASES: readonly Case[] = [
  ['usage-fine', 'ok', ['debian-6.1'], /167,012 of 262,144 entries \(63\.7 %\)/, ['debian-6.1', filledTo(0.9)]],
  [
    'table-high',
    'warning',
    ['debian-6.1', filledTo(0.91)],
    /238,551 of 262,144 entries \(90\.9 %\)/,
    ['small-gateway'],
  ],
  ['table-nearly-full', 'critical', ['debian-6.1', filledTo(0.96)], /\(95\.9 %\)/, ['debian-6.1', filledTo(0.94)]],
  ['table-full', 'critical', ['debian-6.1', filledTo(1)], /\(100 %\)/, ['debian-6.1', filledTo(0.999)]],
  ['count-above-limit', 'critical', ['count-above-limit'], /140,233 of 131,072/, ['debian-6.1', filledTo(1)]],
  ['limit-zero', 'warning', ['debian-6.1', () => ({ limit: 0 })], /nf_conntrack_max is 0/, ['debian-6.1']],
  ['table-empty', 'ok', ['linux-6.18', () => ({ entries: 0, peak: 0 })], /0 of 262,144/, ['linux-6.18']],
  [
    'table_full-now',
    'critical',
    ['debian-6.1', grown({ drop: 60 }, { table_full: 60 })],
    /60 in 3\.0 s \(20 a second\)/,
    ['debian-6.1'],
  ],
  ['table_full-since-boot', 'warning', ['count-above-limit'], /89,203, and 40,122 entries evicted/, ['small-gateway']],
  ['evicted-now', 'warning', ['debian-6.1', grown({ early_drop: 1 })], /1 in 3\.0 s \(0\.33 a/, ['count-above-limit']],
  [
    'insert_failures-now',
    'warning',
    ['debian-6.1', grown({ insert_failed: 3, drop: 3 })],
    /3 in 3\.0 s/,
    ['debian-6.1'],
  ],
  [
    'snat_ports_exhausted-now',
    'warning',
    ['debian-6.1', grown({ insert_failed: 3, drop: 3, found: 744 })],
    /3 in 3\.0 s .*, 13,1\d\d insert failures of any cause since boot/,
    ['debian-6.1', grown({ insert_failed: 3, drop: 3 })],
  ],
  [
    'nat_without_ports-now',
    'warning',
    [
      'debian-6.1',
      (snapshot) => ({
        ...growing(snapshot, { insert_failed: 12, drop: 12, found: 12 }),
        flowSample: { ...flowSampleOf(), snatWithoutPorts: [{ protocol: 'GRE', ...shareOf(0.2) }] },
      }),
    ],
    /^source NAT translates protocols without ports: GRE$/,
    ['debian-6.1', grown({ insert_failed: 12, drop: 12, found: 0 })],
  ],
  [
    'insert_failures_unexplained-now',
    'warning',
    ['debian-6.1', grown({ insert_failed: 3, drop: 3, found: 30 })],
    /3 in 3\.0 s/,
    ['debian-6.1', grown({ insert_failed: 3, drop: 3, found: 744 })],
  ],
  [
    'insert_failures_unexplained-since-boot',
    'ok',
    ['debian-6.1'],
    /13,117 since boot/,
    ['debian-6.1', grown({ insert_failed: 3, drop: 3 })],
  ],
  [
    'memory_drops-now',
    'warning',
    ['debian-6.1', grown({ drop: 3 }, { memory: 3 })],
    /^3 in 3\.0 s \(1\.0 a second\)$/,
    ['debian-6.1', grown({ drop: 3 }, { table_full: 3 })],
  ],
  [
    'tracker_drops-now',
    'warning',
    ['debian-6.1', grown({ drop: 3, invalid: 3 }, { tracker: 3 })],
    /^3 in 3\.0 s/,
    ['debian-6.1', grown({ drop: 3 }, { memory: 3 })],
  ],
  [
    'unexplained_drops-now',
    'warning',
    ['debian-6.1', grown({ drop: 3 }, { unknown: 3 })],
    /^3 in 3\.0 s/,
    ['debian-6.1', grown({ drop: 3 }, { tracker: 3 })],
  ],
  [
    'chains_too_long-now',
    'warning',
    ['small-gateway', grown({ chainlength: 9, insert_failed: 9 })],
    /9 in/,
    ['debian-6.1'],
  ],
  ['chains_too_long-since-boot', 'ok', ['debian-6.1'], /9 since boot/, ['count-above-limit']],
  [
    'snat-ports-low',
    'warning',
    ['debian-6.1', () => ({ flowSample: { ...flowSampleOf(), snatPorts: [portsUsed(0.82), portsUsed(0.1)] } })],
    /^198\.51\.100\.9 to 192\.0\.2\.20:7000\/tcp, 82 % of the ports: 52,900 of 64,512$/,
    ['debian-6.1', () => ({ flowSample: { ...flowSampleOf(), snatPorts: [portsUsed(0.79)] } })],
  ],
  [
    'invalid_packets-now',
    'warning',
    ['debian-6.1', grown({ invalid: 301 })],
    /301 in/,
    ['debian-6.1', grown({ invalid: 300 })],
  ],
  [
    'nat_collisions-now',
    'warning',
    ['debian-6.1', grown({ found: 900 })],
    /900 in/,
    ['debian-6.1', grown({ found: 9 })],
  ],
  [
    'losses-none',
    'ok',
    ['small-gateway', grown({ invalid: 2 })],
    /invalid \+2 in 3\.0 s/,
    ['small-gateway', grown({ early_drop: 1 })],
  ],
  ['limit-fine', 'ok', ['debian-6.1'], /262,144 entries would take about 82 MiB/, ['small-gateway']],
  ['limit-eats-memory', 'warning', ['small-gateway'], /320 MiB, 32\.3 % of 990 MiB/, ['debian-6.1']],
  [
    'limit-low-for-cpus',
    'warning',
    ['debian-6.1', () => ({ cpus: 16 })],
    /by default kube-proxy sets 524,288 for 16 CPUs/,
    ['debian-6.1', () => ({ cpus: 8 })],
  ],
  [
    'kube-proxy-would-lower',
    'warning',
    ['debian-6.1', () => ({ cpus: 4 })],
    /timeouts are set; it did not answer, so this is a guess/,
    ['small-gateway'],
  ],
  ['kube-proxy-fine', 'ok', ['debian-6.1', asked({ maxPerCpu: 65_536 })], /asks for 524,288/, ['debian-6.1']],
  [
    'kube-proxy-will-lower',
    'warning',
    ['rhel8-4.18', asked({ maxPerCpu: 1000, min: 131_072 })],
    /maxPerCore 1000, min 131072, 8 CPUs/,
    ['rhel8-4.18', asked({ maxPerCpu: 0 })],
  ],
  [
    'kube-proxy-will-fill',
    'warning',
    ['debian-6.1', asked({ maxPerCpu: 1000, min: 131_072 })],
    /limit 262,144, most entries/,
    ['debian-6.1', asked({ maxPerCpu: 1000, min: 131_072, version: { major: 1, minor: 25, text: 'v1.25.0' } })],
  ],
  [
    'kube-proxy-cannot',
    'ok',
    ['rhel8-4.18', () => ({ ...asked({ maxPerCpu: 1000 })(), isReadOnly: { limit: true, buckets: true } })],
    /is read-only in this container/,
    ['rhel8-4.18', asked({ maxPerCpu: 1000 })],
  ],
  [
    'kube-proxy-silent',
    'ok',
    ['debian-6.1', () => ({ kubeProxyProblem: { message: 'Cannot ask kube-proxy at "a"; at "b"' } })],
    /^Cannot ask kube-proxy at "a"; at "b"$/,
    ['debian-6.1'],
  ],
  [
    'cloud_allowance-now',
    'critical',
    ['debian-6.1', () => ({ cloud: cloudOf(0, 7, 340) })],
    /^7 packets dropped in 3\.0 s, 340 since the driver was reset$/,
    ['debian-6.1', () => ({ cloud: cloudOf(0, 0, 340) })],
  ],
  [
    'cloud_allowance-low',
    'warning',
    ['debian-6.1', () => ({ cloud: cloudOf(8000) })],
    /^8,000 more can be tracked by the cloud, as ens5 tells$/,
    ['debian-6.1', () => ({ cloud: cloudOf(8001) })],
  ],
  [
    'cloud_allowance-since-boot',
    'ok',
    ['debian-6.1', () => ({ cloud: cloudOf(9000, 0, 340) })],
    /^0 packets dropped/,
    ['debian-6.1', () => ({ cloud: cloudOf(9000) })],
  ],
  [
    'cloud_allowance-fine',
    'ok',
    ['debian-6.1', () => ({ cloud: cloudOf(9000) })],
    /in this table \(6\d/,
    ['debian-6.1'],
  ],
  ...CARRIERS.map(
    (carries): Case => [
      `datapath-${carries}`,
      'ok',
      ['debian-6.1', () => ({ datapath: { cni: 'x', proxy: 'y', carries, seen: ['seen so'], bpfMetric: undefined } })],
      /^seen so$/,
      ['debian-6.1', () => ({ datapath: undefined })],
    ],
  ),
  ['buckets-fine', 'ok', ['debian-6.1'], /262,144 buckets: chains of 1\.3 now, of 2\.0/, ['small-gateway']],
  ['chains-long', 'warning', ['small-gateway'], /chains of 111\.3 now, of 128\.0/, ['rhel8-4.18']],
  ['timeouts-fine', 'ok', ['debian-6.1'], /1 day/, ['linux-6.18']],
  ['established-long', 'ok', ['linux-6.18'], /5 days; how many .* cannot be told/, ['debian-6.1']],
  [
    'established-holds',
    'warning',
    ['linux-6.18', () => ({ flowSample: flowSampleOf([ESTABLISHED(0.3)]) })],
    /about 30,000 entries, 30 % of the table \(between 29 % and 31 %\)/,
    ['small-gateway', () => ({ flowSample: flowSampleOf([ESTABLISHED(0.01)]) })],
  ],
  [
    'close-wait-long',
    'ok',
    ['linux-6.18', () => ({ timeouts: [{ protocol: 'tcp', state: 'close_wait', seconds: 7200 }] })],
    /2 hours/,
    ['debian-6.1'],
  ],
  [
    'close-wait-holds',
    'warning',
    ['debian-6.1', () => ({ flowSample: flowSampleOf([effectOf('tcp close_wait', 3600, [[60, 0.2]])]) })],
    /20,000 entries/,
    ['debian-6.1'],
  ],
  [
    'time-wait-long',
    'ok',
    ['linux-6.18', () => ({ timeouts: [{ protocol: 'tcp', state: 'time_wait', seconds: 240 }] })],
    /4 minutes/,
    ['linux-6.18'],
  ],
  [
    'time-wait-holds',
    'warning',
    ['debian-6.1', () => ({ flowSample: flowSampleOf([effectOf('tcp time_wait', 120, [[30, 0.5]])]) })],
    /50 % of the table/,
    ['debian-6.1'],
  ],
  [
    'udp-long',
    'ok',
    ['small-gateway', (snapshot) => ({ peak: 9, entries: 9, timeouts: snapshot.timeouts })],
    /3 minutes/,
    ['linux-6.18'],
  ],
  [
    'udp-holds',
    'warning',
    ['small-gateway'],
    /3 minutes; how many/,
    ['debian-6.1', () => ({ flowSample: flowSampleOf([effectOf('udp default', 180, [[30, 0.05]])]) })],
  ],
  ['udp-stream-long', 'ok', ['small-gateway', filledTo(0.2)], /5 minutes/, ['rhel7-3.10']],
  [
    'udp-stream-holds',
    'warning',
    ['small-gateway', () => ({ flowSample: flowSampleOf([effectOf('udp stream', 300, [[120, 0.6]])]) })],
    /60 %/,
    ['debian-6.1'],
  ],
  [
    'other-timeout-holds',
    'warning',
    ['debian-6.1', () => ({ flowSample: flowSampleOf([effectOf('tcp syn_sent', 120, [[20, 0.3]])]) })],
    /20 seconds would free about 30,000 entries/,
    ['debian-6.1'],
  ],
  ['namespace-own', 'ok', ['debian-6.1'], /PID 1 is in this network namespace/, ['foreign-namespace']],
  ['namespace-foreign', 'critical', ['foreign-namespace'], /in another network namespace/, ['debian-6.1']],
  [
    'namespace-unknown',
    'warning',
    ['linux-6.18', () => ({ entries: 0, netns: { inHostNetns: undefined, why: 'neither' } })],
    /neither/,
    ['linux-6.18'],
  ],
  ['module-absent', 'warning', ['no-conntrack-module'], /no nf_conntrack_count/, ['ubuntu-5.15-no-stat-file']],
  ['table-unreadable', 'critical', ['debian-6.1', broken('entries')], /^Cannot$/, ['debian-6.1', broken('buckets')]],
  ['source-missing', 'warning', ['debian-6.1', broken('buckets')], /^Cannot$/, ['debian-6.1']],
  ['counters-missing', 'warning', ['ubuntu-5.15-no-stat-file'], /Ubuntu and Azure Linux/, ['debian-6.1']],
  [
    'counters-off',
    'ok',
    ['debian-6.1', () => ({ counters: undefined, countersAreWanted: false })],
    /no-collector/,
    ['ubuntu-5.15-no-stat-file'],
  ],
  ['flow-sample-missing', 'ok', ['debian-6.1'], /add: \[NET_ADMIN\]/, ['debian-6.1', () => ({ hasNetAdmin: true })]],
  [
    'flow-sample-failed',
    'warning',
    ['debian-6.1', () => ({ hasNetAdmin: true, flowSampleProblem: { message: 'Cannot', remedy: 'Do' } })],
    /^Cannot$/,
    ['debian-6.1', () => ({ flowSample: flowSampleOf() })],
  ],
  [
    'top-holders',
    'ok',
    [
      'debian-6.1',
      () => ({ flowSample: sampleOfSources({ '10.42.3.17': 0.6, '10.42.3.18': 0.1, '10.42.3.19': 0.04 }) }),
    ],
    /^clients 10\.42\.3\.17 \(60 %\), 10\.42\.3\.18 \(10 %\)$/,
    ['debian-6.1'],
  ],
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
  it.each(CASES)('gives %s (%s) where it is due and nowhere else', async (id, severity, on, seen, notOn) => {
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
    expect(CASES.map(([id]) => id).sort()).toEqual([...new Set([...literal, ...made])].sort());
  });

  it('says of a foreign namespace only how full its table is', async () => {
    expect(idsOf(await adviceFor(['foreign-namespace']))).toEqual(['namespace-foreign', 'table-empty']);
  });

  it('puts the worst first, and whoever has a warning or worse is told what it means or what to do', async () => {
    const advice = await adviceFor(['count-above-limit']);
    const severities = advice.map(({ severity }) => severity);
    expect(severities).toEqual(['critical', 'warning', ...severities.slice(2).map(() => 'ok')]);
    for (const [, severity, on] of CASES.filter(([, severity]) => severity !== 'ok')) {
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
