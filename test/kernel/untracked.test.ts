import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { daemonSetOf, renderCombination } from '../daemonset/manifests.ts';
import { needs } from '../needs.ts';
import { Agent } from './lab/agent.ts';
import { keepFull, occupy } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { withLimit } from './lab/limit.ts';
import { ADDRESS } from './lab/namespaces.ts';
import { tryConnect } from './lab/tcp.ts';

const LIMIT = 3000;
const FULL_MS = 15_000;

/** What the component's init container runs, from the node's namespace. */
async function commandOf(component: string): Promise<[string, string[]]> {
  const [{ command }] = daemonSetOf(await renderCombination([component]))['spec'].template.spec.initContainers;
  return [command[0], command.slice(1)];
}

describe('the component untracked', () => {
  it('lets new connections to the agent in while the table is full, until it is undone', async (context) => {
    needs(context, 'kustomize', 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
    const lab = await labOfTest({ udpTimeoutSeconds: FULL_MS / 1000 + 5 });
    await Agent.start(lab, { flags: [`--web.listen-address=${ADDRESS.node}:10098`] }).then((agent) =>
      context.onTestFinished(async () => void (await agent.stop())),
    );
    const run = async (component: string) => lab.exec('node', ...(await commandOf(component)));
    const tryIt = (side: 'node' | 'peer') => tryConnect(lab, side, ADDRESS.node, 10_098, 1500);
    const seen = await withLimit(LIMIT, async () => {
      await occupy(lab, LIMIT - 20 - (await lab.entries()), { timeoutSeconds: FULL_MS / 1000 + 5 });
      const flood = keepFull(lab, FULL_MS, { perSecond: 2000 });
      await sleep(1500);
      const before = await tryIt('peer');
      await run('untracked');
      await run('untracked'); // A pod starts more than once on a node.
      const during = [await tryIt('peer'), await tryIt('node')];
      await run('untracked-undo');
      const after = await tryIt('peer');
      await flood;
      return { before, during, after };
    });
    expect(seen).toEqual({ before: 'timed out', during: ['connected', 'connected'], after: 'timed out' });
  });
});
