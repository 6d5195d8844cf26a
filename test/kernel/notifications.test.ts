import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it, type TestContext } from 'vitest';
import { TIMINGS } from '../../src/alertmanager/timings.ts';
import { needs } from '../needs.ts';
import { load } from './flow-table.ts';
import { Agent } from './lab/agent.ts';
import { ALERTMANAGER_PORT, Alertmanager } from './lab/alertmanager.ts';
import { losePackets, makeRoomForFailures, NAT_PORTS, openFlows } from './lab/failures.ts';
import { keepFull, occupy } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { withLimit } from './lab/limit.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';
import { Prometheus } from './lab/prometheus.ts';
import { tryConnect } from './lab/tcp.ts';

const LIMIT = 3000;
const RULES = new URL('../../alerts/conntrack.rules.yaml', import.meta.url);
const ALERTNAME = 'ConntrackTableFull';
const ARRIVES_MS = 10_000;
/** More than Alertmanager waits before it reports a change, and the agent before it posts one. */
const SETTLED_MS = 3000;
/** What the agent logs once the connection is open. */
const CONNECTED = /Direct alerts can be delivered/;
const LABELS = { alertname: ALERTNAME, cluster: 'lab', node: 'node-1', severity: 'critical' };

/** What the peer is sent and what it sends: the way of an alert, and of the answer to it. */
const LOSS = `table inet loss {
  chain in { type filter hook input priority 0; tcp dport ${ALERTMANAGER_PORT} numgen random mod 5 == 0 counter drop; }
  chain out { type filter hook output priority 0; tcp sport ${ALERTMANAGER_PORT} numgen random mod 5 == 0 counter drop; }
}`;

/** `expect` is that of the test: the global one does not know which of several at the same time it serves. */
type Setup = {
  readonly context: TestContext;
  readonly expect: TestContext['expect'];
  readonly lab: Lab;
  readonly alertmanager: Alertmanager;
};

/** @param udpTimeoutSeconds after which the flood's own entries make room for whoever comes first */
async function setUp(context: TestContext, udpTimeoutSeconds = 5): Promise<Setup> {
  needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack', 'prometheus', 'prometheus-alertmanager');
  const lab = await labOfTest({ udpTimeoutSeconds }, context);
  const alertmanager = await Alertmanager.start(lab);
  context.onTestFinished(() => alertmanager.stop());
  return { context, expect: context.expect, lab, alertmanager };
}

function startAgent(lab: Lab, ...flags: string[]): Promise<Agent> {
  const own = [`--web.listen-address=${ADDRESS.node}:10098`, `--node.ip=${ADDRESS.node}`, '--node.name=node-1'];
  return Agent.start(lab, { flags: [...own, ...flags] });
}

const NOTIFIER_FLAGS = [
  `--alertmanager.url=http://${ADDRESS.peer}:${ALERTMANAGER_PORT}`,
  '--alertmanager.external-label=cluster=lab',
];

/** Table full of entries that cannot be evicted, and a flood on top, until the action is over. */
async function whileFull<T>({ lab, expect }: Setup, forMs: number, action: () => Promise<T>): Promise<T> {
  return withLimit(LIMIT, async () => {
    await occupy(lab, LIMIT - 20 - (await lab.entries()), { timeoutSeconds: Math.ceil(forMs / 1000) });
    const flood = keepFull(lab, forMs, { perSecond: 2000 });
    await expect.poll(() => lab.entries(), { timeout: 10_000, interval: 50 }).toBeGreaterThanOrEqual(LIMIT - 2);
    const result = await action();
    await flood;
    return result;
  });
}

const TOP_SOURCE = '10.42.3.17';

/** So many established connections of one client to one service. */
function ofOneSource(flows: number): string[] {
  return Array.from({ length: flows }, (_, i) => {
    const ports = `--sport ${1024 + i} --dport 443 --state ESTABLISHED`;
    return `-I -t 600 -u SEEN_REPLY,ASSURED -s ${TOP_SOURCE} -d 10.96.0.20 -p tcp ${ports}\n`;
  });
}

const connectFromNode = (lab: Lab) => tryConnect(lab, 'node', ADDRESS.peer, ALERTMANAGER_PORT, 2000);

async function isFiringIn(prometheus: Prometheus): Promise<boolean> {
  return (await prometheus.query(`ALERTS{alertname="${ALERTNAME}",alertstate="firing"}`)).length === 1;
}

/** How long each alert about it would live from now on. */
async function claimsMs(alertmanager: Alertmanager): Promise<number[]> {
  return (await alertmanager.ends(ALERTNAME)).map((end) => end.getTime() - Date.now());
}

/** Milliseconds until the notifier was told of the state; undefined when it was not within the time. */
async function msUntil(alertmanager: Alertmanager, status: string, timeoutMs: number): Promise<number | undefined> {
  const startMs = performance.now();
  while (performance.now() - startMs < timeoutMs) {
    if (alertmanager.notifications(ALERTNAME).some((notification) => notification.status === status)) {
      return Math.round(performance.now() - startMs);
    }
    await sleep(50);
  }
  return undefined;
}

// At the same time, each in namespaces of its own: they wait for minutes and reckon for seconds.
describe.concurrent('the notification of a full table', () => {
  it('comes from Prometheus and from the agent as one, and is resolved once, when both have seen it end', async (context) => {
    const setup = await setUp(context);
    const { lab, alertmanager, expect } = setup;
    const agent = await startAgent(lab, ...NOTIFIER_FLAGS);
    const prometheus = await startPrometheus(setup, { windowSeconds: 20 });
    await expect.poll(async () => (await prometheus.query('conntrack_entries')).length, { timeout: 20_000 }).toBe(1);
    const { arrivedMs, claims } = await whileFull(setup, 20_000, async () => {
      const arrived = await msUntil(alertmanager, 'firing', 20_000);
      await expect.poll(() => isFiringIn(prometheus), { timeout: 20_000 }).toBe(true);
      return { arrivedMs: arrived, claims: await claimsMs(alertmanager) };
    });
    expect(arrivedMs).toBeDefined();
    // One alert, held by both: the agent alone claims no more than its own life of an alert.
    expect(claims).toHaveLength(1);
    expect(claims[0]).toBeGreaterThan(TIMINGS.lifeMs);
    const endedMs = performance.now();
    await agent.logged(/alarm has ended: table_full/, 90_000);
    await sleep(SETTLED_MS);
    expect(await isFiringIn(prometheus)).toBe(true);
    expect(alertmanager.notifications(ALERTNAME)).toHaveLength(1);
    expect(await msUntil(alertmanager, 'resolved', 60_000)).toBeDefined();
    const resolvedMs = Math.round(performance.now() - endedMs);
    await sleep(SETTLED_MS);
    const notifications = alertmanager.notifications(ALERTNAME);
    expect(notifications.map(({ status }) => status)).toEqual(['firing', 'resolved']);
    for (const { alerts } of notifications) expect(alerts.map(({ labels }) => labels)).toEqual([LABELS]);
    report('Prometheus and agent together', { arrivedMs, resolvedMs, notifications: notifications.length });
    expect(await agent.stop()).toBe(0);
  });

  it('comes from Prometheus alone, and resolves after the flood', async (context) => {
    const setup = await setUp(context);
    const { lab, alertmanager, expect } = setup;
    const agent = await startAgent(lab);
    const prometheus = await startPrometheus(setup, { windowSeconds: 20 });
    await expect.poll(async () => (await prometheus.query('conntrack_entries')).length, { timeout: 20_000 }).toBe(1);
    const arrivedMs = await whileFull(setup, 15_000, () => msUntil(alertmanager, 'firing', 15_000));
    expect(arrivedMs).toBeDefined();
    const resolvedMs = await msUntil(alertmanager, 'resolved', 150_000);
    expect(resolvedMs).toBeDefined();
    expect(alertmanager.notifications(ALERTNAME)[0]!.alerts[0]!.labels).toEqual(LABELS);
    report('Prometheus alone', { arrivedMs, resolvedMs });
    expect(await agent.stop()).toBe(0);
  });

  it('leaves over the open connection although no new one can be made', async (context) => {
    const setup = await setUp(context);
    const { lab, alertmanager, expect } = setup;
    const agent = await startAgent(lab, ...NOTIFIER_FLAGS);
    await agent.logged(CONNECTED);
    const { arrivedMs, connection } = await whileFull(setup, 15_000, async () => {
      const arrived = await msUntil(alertmanager, 'firing', ARRIVES_MS);
      return { arrivedMs: arrived, connection: await connectFromNode(lab) };
    });
    expect(connection).not.toBe('connected');
    expect(arrivedMs).toBeLessThan(ARRIVES_MS);
    const [alert] = alertmanager.notifications(ALERTNAME)[0]!.alerts;
    expect(alert?.labels).toEqual(LABELS);
    const description = alert?.annotations['description'];
    expect(description).toContain(LIMIT.toLocaleString('en-US'));
    report('direct, connection kept open', { arrivedMs, connection, description });
    expect(await agent.stop()).toBe(0);
  });

  it('leaves through a network that loses one packet in five each way', async (context) => {
    const setup = await setUp(context);
    const { lab, alertmanager, expect } = setup;
    const agent = await startAgent(lab, ...NOTIFIER_FLAGS);
    await agent.logged(CONNECTED);
    await lab.exec('peer', 'nft', ['-f', '-'], { input: LOSS });
    const arrivedMs = await whileFull(setup, 45_000, () => msUntil(alertmanager, 'firing', 45_000));
    expect(arrivedMs).toBeDefined();
    const lost = (await lab.exec('peer', 'nft', ['list', 'table', 'inet', 'loss'])).match(/packets (\d+)/g);
    report('direct, one packet in five lost each way', { arrivedMs, lost: lost?.join(', ') });
    expect(await agent.stop()).toBe(0);
  });

  it('names who fills the table, where a flow sample is taken', async (context) => {
    const setup = await setUp(context);
    const { lab, alertmanager, expect } = setup;
    const agent = await startAgent(lab, ...NOTIFIER_FLAGS, '--collector.flows', '--flows.schedule=* * * * * *');
    await agent.logged(CONNECTED);
    await withLimit(LIMIT, async () => {
      await load(lab, ofOneSource(2000));
      await expect.poll(() => agent.get('/metrics').then(({ body }) => body)).toContain(`address="${TOP_SOURCE}"`);
      await occupy(lab, LIMIT - 20 - (await lab.entries()), { timeoutSeconds: 15 });
      const flood = keepFull(lab, 10_000, { perSecond: 2000 });
      expect(await msUntil(alertmanager, 'firing', ARRIVES_MS)).toBeDefined();
      await flood;
    });
    const description = alertmanager.notifications(ALERTNAME)[0]!.alerts[0]!.annotations['description']!;
    report('with a flow sample', { description });
    const [, topSource, percent] = /Top sources: (\S+) \(([\d.]+) %\)/.exec(description)!;
    expect(topSource).toBe(TOP_SOURCE);
    expect(Number(percent)).toBeGreaterThan(60); // 2,000 of the 2,000 to 3,000 there were when the flow sample was taken.
    expect(description).toContain('Top destinations: 10.96.0.20:443/tcp (');
    expect(await agent.stop()).toBe(0);
  });

  it('does not leave without an open connection, which is why there is one', async (context) => {
    const setup = await setUp(context, 60);
    const { lab, alertmanager, expect } = setup;
    // For as long as a busy machine may take to start it. Started when the table is full: else it could connect while the table fills, to say that it is nearly full.
    const { agent, arrivedMs, connection } = await whileFull(setup, 45_000, async () => {
      const unconnected = await startAgent(lab, ...NOTIFIER_FLAGS, '--no-alertmanager.keep-alive');
      const arrived = await msUntil(alertmanager, 'firing', ARRIVES_MS);
      return { agent: unconnected, arrivedMs: arrived, connection: await connectFromNode(lab) };
    });
    expect(connection).not.toBe('connected');
    expect(arrivedMs).toBeUndefined();
    report('direct, no connection kept open', { arrivedMs: 'never', connection });
    expect(await agent.stop()).toBe(0);
  });

  it('arrives after the return of an Alertmanager that was killed during the flood', async (context) => {
    const setup = await setUp(context);
    const { lab, alertmanager, expect } = setup;
    const agent = await startAgent(lab, ...NOTIFIER_FLAGS);
    await agent.logged(CONNECTED);
    await alertmanager.kill();
    // Without entries that cannot be evicted: as in a real flood, one new connection in a few gets through.
    const returnedToArrivedMs = await withLimit(LIMIT, async () => {
      const flood = keepFull(lab, 35_000, { perSecond: 4000 });
      await agent.logged(/alarm fires: table_full/, 20_000);
      await sleep(5000);
      expect(alertmanager.notifications(ALERTNAME)).toEqual([]);
      await alertmanager.resume();
      const arrived = await msUntil(alertmanager, 'firing', 100_000);
      await flood;
      return arrived;
    });
    expect(returnedToArrivedMs).toBeDefined();
    report('Alertmanager killed and back', { returnedToArrivedMs });
    expect(await agent.stop()).toBe(0);
  });
});

/** What makes them fail, and the alert and the numbers that must come of it. */
const FAILURES = [
  {
    of: 'NAT without a free port',
    alertname: 'ConntrackSnatPortsExhausted',
    says: /0\.\d\d new flows a second dropped over ten minutes/,
    fail: (lab: Lab) => openFlows(lab, 2 * NAT_PORTS),
  },
  {
    of: 'two packets of one flow',
    alertname: 'ConntrackInsertFailures',
    says: /0\.\d\d insert failures a second over ten minutes/,
    fail: (lab: Lab) => losePackets(lab, 60),
  },
];

describe.concurrent('a direct alert about insertions that fail', () => {
  it.for(FAILURES)('leaves within two minutes of $of, under the name of its cause', async (failure, context) => {
    const setup = await setUp(context);
    const { lab, alertmanager, expect } = setup;
    const { alertname, says, fail } = failure;
    const agent = await startAgent(lab, ...NOTIFIER_FLAGS);
    await agent.logged(CONNECTED);
    await makeRoomForFailures(lab);
    await fail(lab);
    const about = () => alertmanager.notifications(alertname);
    await expect.poll(() => about().length, { timeout: 120_000, interval: 500 }).toBe(1);
    const { labels, annotations } = about()[0]!.alerts[0]!;
    expect(labels).toEqual({ ...LABELS, alertname, severity: 'warning' });
    expect(annotations['description']).toMatch(says);
    for (const other of [ALERTNAME, ...FAILURES.map((one) => one.alertname)].filter((name) => name !== alertname))
      expect(alertmanager.notifications(other)).toEqual([]);
    report(failure.of, annotations);
    expect(await agent.stop()).toBe(0);
  });
});

/** The real rules, with their windows of minutes scaled to seconds so that the test can wait for the end of the alert. */
async function startPrometheus(
  { context, lab }: Setup,
  { windowSeconds }: { windowSeconds: number },
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-lab-rules-'));
  context.onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'rules.yaml'), scaled(await readFile(RULES, 'utf8'), windowSeconds));
  const config = {
    global: { scrape_interval: '2s', evaluation_interval: '2s', external_labels: { cluster: 'lab' } },
    rule_files: [join(folder, 'rules.yaml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ALERTMANAGER_PORT}`] }] }] },
    scrape_configs: [
      {
        job_name: 'conntrack-agent',
        static_configs: [{ targets: [`${ADDRESS.node}:10098`], labels: { node: 'node-1' } }],
      },
    ],
  };
  const prometheus = await Prometheus.start(lab, { config: JSON.stringify(config) });
  context.onTestFinished(() => prometheus.stop());
  return prometheus;
}

function scaled(rules: string, seconds: number): string {
  const held = 'keep_firing_for: 5m';
  if (!rules.includes(held)) throw new Error(`Cannot scale "${held}": not in ${RULES.pathname}`);
  return rules.replaceAll(held, `keep_firing_for: ${seconds}s`);
}

function report(what: string, figures: object): void {
  process.stdout.write(`notifications, ${what}: ${JSON.stringify(figures)}\n`);
}
