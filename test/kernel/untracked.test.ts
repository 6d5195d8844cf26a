import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { renderChart, type Values } from '../daemonset/chart.ts';
import { daemonSetOf, type Manifest, renderCombination } from '../daemonset/manifests.ts';
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
  return commandIn(await renderCombination([component]));
}

function commandIn(manifests: readonly Manifest[]): [string, string[]] {
  const [{ command }] = daemonSetOf(manifests)['spec'].template.spec.initContainers;
  return [command[0], command.slice(1)];
}

/** What version 0.1.0 ran, which had one table whatever the port. */
const ofVersion010 = (text: string) => text.replaceAll(/conntrack_agent_\d+/g, 'conntrack_agent');

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

  it('leaves the table of another release on the node alone, when it starts and when it is undone', async (context) => {
    needs(context, 'kustomize', 'newer helm', 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
    const lab = await labOfTest({});
    const run = async (values: Values, change = (text: string) => text) => {
      const [program, args] = commandIn(await renderChart(values));
      await lab.exec('node', program, args.map(change));
    };
    const exempt = async () => {
      const rules = await lab.exec('node', 'nft', ['list', 'ruleset']);
      return [...rules.matchAll(/table inet (conntrack_agent\S*) |dport (\d+) notrack/g)].map(
        ([, table, port]) => table ?? port,
      );
    };
    const [first, second] = [{ port: 10_098 }, { port: 10_099 }];
    const [done, undone] = [{ 'untracked.enabled': true }, { 'untracked.undo': true }];
    const [ofFirst, ofSecond] = [first, second].map(({ port }) => [
      `conntrack_agent_${port}`,
      `${port}`,
      `${port}`,
    ]) as [string[], string[]];
    await run({ ...first, ...done });
    await run({ ...second, ...done });
    await run({ ...first, ...done });
    expect((await exempt()).toSorted()).toEqual([...ofFirst, ...ofSecond].toSorted());
    await run({ ...second, ...undone });
    expect(await exempt()).toEqual(ofFirst);
    await run({ ...second, ...done }, ofVersion010);
    await run({ ...first, ...done });
    expect((await exempt()).toSorted()).toEqual(['conntrack_agent', '10099', '10099', ...ofFirst].toSorted());
    await run({ ...second, ...undone });
    await run({ ...first, ...undone });
    await run({ ...first, ...undone }); // A pod starts more than once on a node.
    expect(await exempt()).toEqual([]);
  });
});
