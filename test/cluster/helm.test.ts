import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newerProgramPath } from '../../simulator/program-paths.ts';
import { CHART } from '../daemonset/chart.ts';
import { Alertmanager } from '../kernel/lab/alertmanager.ts';
import { flush, occupy } from '../kernel/lab/flood.ts';
import { withLimit } from '../kernel/lab/limit.ts';
import { HOME, kubectl, PEER, PLACE } from './cluster.ts';
import { entries, IMAGE, inAgent, metrics, NFT_IMAGE, pods, restartsOf } from './installed.ts';
import { clusterOfFile, needsCluster } from './started.ts';

clusterOfFile();

const LIMIT = 3000;
/** A table that stands near its limit, and does not grow, is judged by five minutes: one of them is enough. */
const NEARLY_FULL_MS = 120_000;
/** It leaves these five minutes within four, and keeps firing for two more. */
const RESOLVED_MS = 420_000;
const KINDS = 'daemonsets,serviceaccounts,configmaps,secrets,pods,namespaces';
const [REPOSITORY, TAG] = IMAGE.split(':') as [string, string];
const SETS = [
  ...['image.registry=', `image.repository=${REPOSITORY}`, `image.tag=${TAG}`, `untracked.image=${NFT_IMAGE}`],
  `alertmanager.urls[0]=http://${PEER}:9093`,
].flatMap((value) => ['--set', value]);

/** A command of Helm in the namespace of the node, where the API server listens. */
async function helm(...args: string[]): Promise<string> {
  const flags = ['--kubeconfig', join(HOME, 'run/kubeconfig')];
  const env = { ...process.env, HELM_CACHE_HOME: join(homedir(), '.cache/helm') };
  return PLACE.exec('node', newerProgramPath('helm')!, [...args, ...flags], { timeoutMs: 320_000, env });
}

const threshold = async () => (await metrics()).get('conntrack_alarm_threshold{threshold="high_usage"}');
const podNames = async () => (await pods()).map(({ metadata }) => metadata.name);
/** What is in the cluster and has to do with us. */
const ours = async () =>
  (await kubectl('get', KINDS, '--all-namespaces', '--output=name'))
    .split('\n')
    .filter((name) => /conntrack/.test(name));

describe('helm', () => {
  it('installs, upgrades without a lost alert, rolls back, and leaves nothing', {
    timeout: 2_000_000,
  }, async (context) => {
    needsCluster(context, 'newer helm', 'prometheus-alertmanager', 'conntrack');
    const alertmanager = await Alertmanager.start(PLACE);
    try {
      await helm('install', 'conntrack-agent', CHART, ...SETS, '--wait', '--timeout=300s');
      process.stdout.write(await kubectl('get', KINDS, '--namespace=conntrack-agent'));
      process.stdout.write(await helm('get', 'notes', 'conntrack-agent'));
      await expect.poll(async () => (await metrics()).get('conntrack_entries')! - (await entries())).toBe(0);
      expect(await inAgent('conntrack-agent', 'healthcheck')).toEqual({ code: 0, text: 'healthy\n' });
      expect(await threshold()).toBe(0.9);

      const [before] = await podNames();
      await withLimit(LIMIT, async () => {
        await occupy(PLACE, Math.floor(LIMIT * 0.97) - (await entries()), { timeoutSeconds: 900 });
        const notified = () => alertmanager.notifications('ConntrackTableNearlyFull');
        await expect.poll(() => notified().length, { timeout: NEARLY_FULL_MS, interval: 1000 }).toBe(1);
        await helm(
          'upgrade',
          'conntrack-agent',
          CHART,
          '--reset-then-reuse-values',
          '--set',
          'alarms.highUsage=0.8',
          '--wait',
          '--timeout=300s',
        );
        expect(await podNames()).not.toContain(before);
        await expect.poll(threshold).toBe(0.8);
        // Longer than an alert lives that nobody posts again.
        await new Promise((resolve) => setTimeout(resolve, 125_000));
        expect(notified().map(({ status }) => status)).toEqual(['firing']);
        await flush(PLACE);
        await expect
          .poll(() => notified().map(({ status }) => status), { timeout: RESOLVED_MS, interval: 1000 })
          .toEqual(['firing', 'resolved']);
      });
      expect((await pods()).map(restartsOf)).toEqual([0]);

      await helm('rollback', 'conntrack-agent', '1', '--wait', '--timeout=300s');
      await expect.poll(threshold, { timeout: 30_000 }).toBe(0.9);
      process.stdout.write(await helm('history', 'conntrack-agent'));
    } finally {
      await helm('uninstall', 'conntrack-agent', '--wait', '--timeout=300s');
      await alertmanager.stop();
    }
    await expect.poll(ours, { timeout: 60_000 }).toEqual([]);
  });
});
