/** Nodes of the fleet without a server or a clock: they live as fast as this machine can. */
import type { Agent } from '../src/agent/agent.ts';
import type { Log } from '../src/model/log.ts';
import { FleetNode } from './fleet-node.ts';
import { simulatedNodes } from './simulated-nodes.ts';

const nothing = () => undefined;
const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const BUILD = { version: '0.0.0', revision: 'test', nodeVersion: 'v0.0.0' };
const USAGE = {
  cpuSeconds: 1,
  residentBytes: 1,
  heapLimitBytes: 50_331_648,
  startTimeSeconds: 1,
  openDescriptors: undefined,
  maxDescriptors: undefined,
};

type OfflineOptions = { readonly nodes: number; readonly seed: number; readonly sampleMs?: number };

export function offlineNodes({ nodes, seed, sampleMs = 100 }: OfflineOptions): FleetNode[] {
  const common = { sampleMs, readMs: 1000, peakWindowMs: 60_000, historySeconds: 60, log: SILENT, build: BUILD };
  const clocks = { wallClockAt: (nodeMs: number) => nodeMs, processUsage: () => USAGE };
  return simulatedNodes({ nodes, seed }).map((node) => new FleetNode({ node, ...common, ...clocks }));
}

/** A second at a time: a flow sample takes a turn of the loop. */
export async function advance(
  nodes: readonly FleetNode[],
  seconds: number,
  look?: (second: number) => void,
): Promise<void> {
  for (let second = 1; second <= seconds; second += 1) {
    for (const node of nodes) node.advanceTo(second * 1000);
    await new Promise((resolve) => setImmediate(resolve));
    look?.(second);
  }
}

/** All expositions, one after the other. */
export async function expositionsOf(nodes: readonly FleetNode[]): Promise<string> {
  const texts = await Promise.all(
    nodes.map(async ({ spec, agent }) => {
      return `${spec.name} ${spec.cluster}\n${agent === undefined ? 'nobody\n' : await scrape(agent)}`;
    }),
  );
  return texts.join('\n');
}

/** What a scrape returns. */
export async function scrape(agent: Agent): Promise<string> {
  await agent.refresh();
  return (await agent.exposition('text')).body;
}
