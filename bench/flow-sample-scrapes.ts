/** Scrapes of an agent that takes one full flow sample after the other, and of one that takes none, on the same table. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../test/kernel/lab/agent.ts';
import { samplesOf } from '../test/kernel/lab/exposition.ts';
import type { Lab } from '../test/kernel/lab/namespaces.ts';

const FOR_MS = 30_000;
const BETWEEN_MS = 50;
const WITH_FLOW_SAMPLES = ['--collector.flows', '--flows.sample-size=0', '--flows.schedule=* * * * * *'];

export type Scrapes = {
  readonly p99Ms: number;
  readonly highestMs: number;
  readonly scrapes: number;
  /** Taken meanwhile. */
  readonly flowSamples: number;
};

export async function scrapesOf(lab: Lab, side: 'flowSample' | 'none'): Promise<Scrapes> {
  const agent = await Agent.start(lab, {
    flags: ['--web.listen-address=127.0.0.1:10098', ...(side === 'flowSample' ? WITH_FLOW_SAMPLES : [])],
  });
  try {
    const takenMs: number[] = [];
    const flowSamples = new Set<number>();
    for (const endMs = performance.now() + FOR_MS; performance.now() < endMs; ) {
      const startMs = performance.now();
      const { body } = await agent.get('/metrics');
      takenMs.push(performance.now() - startMs);
      const readAt = samplesOf(body).get('conntrack_flow_sample_duration_seconds');
      if (readAt !== undefined) flowSamples.add(readAt);
      await sleep(BETWEEN_MS);
    }
    takenMs.sort((a, b) => a - b);
    const p99Ms = takenMs[Math.floor(takenMs.length * 0.99)]!;
    return { p99Ms, highestMs: takenMs.at(-1)!, scrapes: takenMs.length, flowSamples: flowSamples.size };
  } finally {
    await agent.stop();
  }
}
