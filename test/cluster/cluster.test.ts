import { describe, expect, it } from 'vitest';
import { components } from '../daemonset/manifests.ts';
import { Alertmanager } from '../kernel/lab/alertmanager.ts';
import { keepFull, occupy } from '../kernel/lab/flood.ts';
import { withLimit } from '../kernel/lab/limit.ts';
import { Prometheus } from '../kernel/lab/prometheus.ts';
import { tryConnect } from '../kernel/lab/tcp.ts';
import { NODE, PEER, PLACE } from './cluster.ts';
import { entries, inAgent, install, jsonPatch, metrics, pods, restartsOf, scrapeConfig } from './installed.ts';
import { clusterOfFile, needsCluster } from './started.ts';
import { createWebSecret, scrapeWithPassword } from './web-secret.ts';

/** How long the table stays full; the kubelet restarts the copy with httpGet within the first two minutes. */
const FULL_MS = Number(process.env['CLUSTER_FULL_MINUTES'] ?? 10) * 60_000;
const LIMIT = 3000;
/** A kubelet before 1.22 asks for readiness within the period of the probe, two minutes, and there is one rollout for each of them. */
const COMPONENTS_MS = 900_000;
/** CRDs are not in this cluster. */
const NOT_HERE = ['openshift', 'prometheus-operator'];

const folder = clusterOfFile();
const OF_PROMETHEUS = ['prometheus', 'prometheus-alertmanager'];

const rulesOfNode = () => PLACE.exec('node', 'nft', ['list', 'ruleset']);

describe('on a real node', () => {
  it('the base becomes ready, tells the node’s numbers, and rolls over', async (context) => {
    needsCluster(context, ...OF_PROMETHEUS);
    await install(folder, {});
    await expect.poll(async () => (await metrics()).get('conntrack_entries')! - (await entries())).toBe(0);
    expect((await metrics()).get('conntrack_agent_in_host_netns')).toBe(1);
    const before = (await pods())[0].metadata.name;
    const annotation = { op: 'add', path: '/spec/template/metadata/annotations/rolled', value: 'once' };
    await install(folder, { patches: [jsonPatch(annotation)] });
    expect((await pods()).map(({ metadata }) => metadata.name)).not.toContain(before);
    expect(await inAgent('conntrack-agent', 'healthcheck')).toEqual({ code: 0, text: 'healthy\n' });
    const doctor = await inAgent('conntrack-agent', 'doctor');
    process.stdout.write(`${doctor.text}\nexit ${doctor.code}\n`);
    expect(doctor.text).toMatch(/entries/);
  });

  /** What shows that a component does what it is for; those not named here are ready, and that is all. */
  const SHOWN: Readonly<Record<string, () => Promise<void>>> = {
    async flows() {
      const { code, text } = await inAgent('conntrack-agent', 'flows');
      process.stdout.write(`${text}\n`);
      expect([code, /tcp/.test(text)]).toEqual([0, true]);
      await expect.poll(async () => (await metrics()).get('conntrack_flow_sample_flows')).toBeGreaterThan(0);
    },
    async netns() {
      const named = async () =>
        [...(await metrics()).keys()].filter((name) => name.startsWith('conntrack_netns_entries'));
      await expect.poll(async () => (await named()).length).toBeGreaterThan(0);
    },
    async tls() {
      expect(await scrapeWithPassword(undefined)).toBe('401');
      expect(await scrapeWithPassword('secret')).toBe('200');
    },
    async untracked() {
      expect(await rulesOfNode()).toContain('table inet conntrack_agent');
    },
    async 'untracked-undo'() {
      expect(await rulesOfNode()).not.toContain('conntrack_agent');
    },
  };

  it('every component that needs nothing of others becomes ready and does what it is for', {
    timeout: COMPONENTS_MS,
  }, async (context) => {
    needsCluster(context, ...OF_PROMETHEUS);
    await install(folder, {});
    await createWebSecret(folder);
    const here = (await components()).filter((name) => !NOT_HERE.includes(name));
    expect(here).toEqual(expect.arrayContaining(Object.keys(SHOWN)));
    for (const name of here) {
      await install(folder, { components: [name] });
      expect((await pods()).map(restartsOf), name).toEqual([0]);
      await SHOWN[name]?.();
    }
    process.stdout.write(`installed: ${here.join(', ')}\n`);
  });

  it(
    'no pod is restarted, no scrape lost and the page delivered while the table is full, but the pod with httpGet is restarted',
    async (context) => {
      needsCluster(context, ...OF_PROMETHEUS);
      const alertmanager = await Alertmanager.start(PLACE);
      const prometheus = await Prometheus.start(PLACE, { config: scrapeConfig({ agent: 10_098 }) });
      const ups = async () => (await prometheus.query('up[60m]')).flatMap(({ samples }) => samples);
      try {
        await install(folder, { flags: [`--alertmanager.url=http://${PEER}:9093`] });
        await install(folder, { patches: [HTTP_COPY], suffix: '-http' });
        await expect.poll(async () => (await ups()).at(-1)?.value, { timeout: 60_000, interval: 1000 }).toBe(1);
        const before = (await ups()).length;
        const [connections, restartsBefore] = await withLimit(LIMIT, async () => {
          const restarts = (await pods()).map(restartsOf);
          await occupy(PLACE, LIMIT - 50 - (await entries()), { timeoutSeconds: FULL_MS / 1000 });
          const flood = keepFull(PLACE, FULL_MS, { perSecond: 2000 });
          const tried = await triesUntil(performance.now() + FULL_MS - 5000);
          await flood;
          return [tried, restarts];
        });
        const restarts = Object.fromEntries(
          (await pods()).map((pod) => [pod.metadata.labels.copy ?? 'agent', restartsOf(pod)]),
        );
        const scrapes = (await ups()).slice(before).map(({ value }) => value);
        const pages = alertmanager.notifications('ConntrackTableFull').length;
        const lost = scrapes.filter((up) => up !== 1).length;
        const refused = connections.filter((end) => end === 'timed out').length;
        const seen = { restarts, scrapes: scrapes.length, lost, pages, connections: connections.length, refused };
        process.stdout.write(`full for ${FULL_MS / 60_000} min: ${JSON.stringify(seen)}\n`);
        expect(restartsBefore).toEqual([0, 0]);
        expect(refused, 'new connections must be refused, or this proves nothing').toBeGreaterThan(
          connections.length / 2,
        );
        expect(restarts['agent']).toBe(0);
        expect(restarts['http'], 'the teeth').toBeGreaterThan(0);
        expect(lost).toBe(0);
        expect(pages).toBeGreaterThan(0);
      } finally {
        await prometheus.stop();
        await alertmanager.stop();
      }
    },
    FULL_MS + 400_000,
  );
});

/** What became of one new connection to the node's agent every ten seconds. */
async function triesUntil(endMs: number): Promise<string[]> {
  const seen: string[] = [];
  while (performance.now() < endMs) {
    seen.push(await tryConnect(PLACE, 'peer', NODE, 10_098, 2000));
    await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, Math.max(0, endMs - performance.now()))));
  }
  return seen;
}

/** The same agent on another port, asked for its health the usual way. */
const HTTP_COPY = jsonPatch(
  { op: 'add', path: '/spec/selector/matchLabels/copy', value: 'http' },
  { op: 'add', path: '/spec/template/metadata/labels/copy', value: 'http' },
  { op: 'replace', path: '/spec/template/spec/containers/0/args/0', value: '--web.listen-address=:10099' },
  { op: 'replace', path: '/spec/template/spec/containers/0/ports/0/containerPort', value: 10_099 },
  {
    op: 'replace',
    path: '/spec/template/spec/containers/0/livenessProbe',
    value: { httpGet: { path: '/-/healthy', port: 10_099 }, periodSeconds: 10, failureThreshold: 3 },
  },
);
