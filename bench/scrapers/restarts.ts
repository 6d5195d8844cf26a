/**
 * `npx tsx bench/scrapers/restarts.ts`: agent, scraper and Alertmanager each restarted while the table is full of entries that
 * the kernel does not evict, with and without the component untracked. Prints how long each connection takes to come back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { print } from '../../simulator/terminal.ts';
import { daemonSetOf, renderCombination } from '../../test/daemonset/manifests.ts';
import { Agent } from '../../test/kernel/lab/agent.ts';
import { ALERTMANAGER_PORT, Alertmanager } from '../../test/kernel/lab/alertmanager.ts';
import { samplesOf } from '../../test/kernel/lab/exposition.ts';
import { keepFull, occupy } from '../../test/kernel/lab/flood.ts';
import { withLimit } from '../../test/kernel/lab/limit.ts';
import { ADDRESS, createLab, type Lab } from '../../test/kernel/lab/namespaces.ts';
import { Prometheus } from '../../test/kernel/lab/prometheus.ts';

const LIMIT = 3000;
const FULL_MS = 40_000;
/** Before its end nothing is taken for seen while full: connections of the flood begin to expire. */
const MARGIN_MS = 5_000;
/** How long what did not come back while the table was full is waited for afterwards. */
const AFTERWARDS_MS = 45_000;
const AGENT = `${ADDRESS.node}:10098`;
const CONNECTED = `conntrack_agent_alertmanager_connected{url="http://${ADDRESS.peer}:${ALERTMANAGER_PORT}"}`;

const SCRAPE_CONFIG = JSON.stringify({
  global: { scrape_interval: '2s', scrape_timeout: '2s' },
  scrape_configs: [{ job_name: 'agent', static_configs: [{ targets: [AGENT] }] }],
});

type Setting = {
  readonly lab: Lab;
  readonly alertmanager: Alertmanager;
  agent: Agent;
  prometheus: Prometheus;
  /** Wall clock: what is older does not show that scrapes came back. */
  restartedSeconds: number;
};

const RESTARTS = {
  agent: async (setting: Setting) => {
    await setting.agent.stop();
    setting.agent = await startAgent(setting.lab);
  },
  scraper: async (setting: Setting) => {
    await setting.prometheus.stop();
    setting.prometheus = await Prometheus.start(setting.lab, { config: SCRAPE_CONFIG });
  },
  Alertmanager: async ({ alertmanager }: Setting) => {
    await alertmanager.kill();
    await alertmanager.resume();
  },
} as const;

const WATCHED = {
  'health over the unix socket': async ({ agent }: Setting) => (await agent.get('/-/healthy')).status === 200,
  scrapes: async ({ prometheus, restartedSeconds }: Setting) =>
    (await prometheus.query(`up == 1 and timestamp(up) > ${restartedSeconds}`)).length === 1,
  'direct alerts': async ({ agent }: Setting) => samplesOf((await agent.get('/metrics')).body).get(CONNECTED) === 1,
} as const;

async function main(): Promise<void> {
  print('| restarted while full | untracked | health over the unix socket | scrapes | direct alerts |');
  print('| --- | --- | --- | --- | --- |');
  for (const isUntracked of [false, true]) {
    for (const restarted of Object.keys(RESTARTS) as (keyof typeof RESTARTS)[]) {
      const lab = await createLab({ udpTimeoutSeconds: 5 });
      try {
        const seen = await measure(lab, restarted, isUntracked);
        print(`| ${restarted} | ${isUntracked ? 'yes' : 'no'} | ${seen.join(' | ')} |`);
      } finally {
        await lab.dispose();
      }
    }
  }
}

/** What came back, in the order of WATCHED. */
async function measure(lab: Lab, restarted: keyof typeof RESTARTS, isUntracked: boolean): Promise<string[]> {
  if (isUntracked) {
    const [{ command }] = daemonSetOf(await renderCombination(['untracked']))['spec'].template.spec.initContainers;
    await lab.exec('node', command[0], command.slice(1));
  }
  const setting: Setting = {
    lab,
    alertmanager: await Alertmanager.start(lab),
    agent: await startAgent(lab),
    prometheus: await Prometheus.start(lab, { config: SCRAPE_CONFIG }),
    restartedSeconds: 0,
  };
  await Promise.all(Object.values(WATCHED).map((isBack) => until(() => isBack(setting), 20_000)));
  const seen = await withLimit(LIMIT, async () => {
    await occupy(lab, LIMIT - 20 - (await lab.entries()), { timeoutSeconds: FULL_MS / 1000 + 5 });
    const startMs = performance.now();
    const flood = keepFull(lab, FULL_MS, { perSecond: 2000 });
    flood.catch(() => undefined); // Should something else fail first, that is what is reported.
    await setting.agent.logged(/alarm fires: table_full/, 20_000);
    const restartedMs = performance.now();
    await RESTARTS[restarted](setting);
    setting.restartedSeconds = Date.now() / 1000;
    const leftMs = () => FULL_MS - MARGIN_MS - (performance.now() - startMs);
    const during = await Promise.all(Object.values(WATCHED).map((isBack) => until(() => isBack(setting), leftMs())));
    await flood;
    return during.map((backMs) => (backMs === undefined ? undefined : backMs - restartedMs));
  });
  const endedMs = performance.now();
  const after = Object.values(WATCHED).map(async (isBack, i) => {
    const duringMs = seen[i];
    if (duringMs !== undefined) return `after ${seconds(duringMs)}`;
    const backMs = await until(() => isBack(setting), AFTERWARDS_MS);
    return backMs === undefined ? 'not within a minute' : `not while full; ${seconds(backMs - endedMs)} after it`;
  });
  const texts = await Promise.all(after);
  await setting.prometheus.stop();
  await setting.agent.stop();
  await setting.alertmanager.stop();
  return texts;
}

function startAgent(lab: Lab): Promise<Agent> {
  const alertmanager = `--alertmanager.url=http://${ADDRESS.peer}:${ALERTMANAGER_PORT}`;
  return Agent.start(lab, { flags: [`--web.listen-address=${AGENT}`, `--node.ip=${ADDRESS.node}`, alertmanager] });
}

/** When it was first so; undefined when it was not in time. */
async function until(isSo: () => Promise<boolean>, timeoutMs: number): Promise<number | undefined> {
  const lateMs = performance.now() + timeoutMs;
  while (performance.now() < lateMs) {
    if (await isSo().catch(() => false)) return performance.now();
    await sleep(200);
  }
  return undefined;
}

function seconds(ms: number): string {
  return `${Math.max(0, ms / 1000).toFixed(1)} s`;
}

await main();
