import { afterEach, describe, expect, it } from 'vitest';
import { Agent } from '../../src/agent/agent.ts';
import { NodeFacts } from '../../src/agent/node-facts.ts';
import type { Subsystem } from '../../src/agent/subsystem.ts';
import { History } from '../../src/analysis/table/history.ts';
import { TableJudge } from '../../src/analysis/table/table-judge.ts';
import { NodeReader } from '../../src/host/node-reader.ts';
import { ProcFs } from '../../src/host/procfs/proc-fs.ts';
import { DEFAULT_THRESHOLDS } from '../../src/model/alarms/thresholds.ts';
import type { Status } from '../../src/model/status.ts';
import { FakeNode } from '../fake-node.ts';
import { collectedLog } from '../web/collected-log.ts';

const PROCESS = {
  cpuSeconds: 0,
  residentBytes: 1,
  heapLimitBytes: 1,
  startTimeSeconds: 1,
  openDescriptors: 1,
  maxDescriptors: 1,
};

const nodes: FakeNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.dispose();
});

/** An agent on a made-up node, whose clock and timers the test moves by hand. */
async function agentOn(state: Parameters<FakeNode['set']>[0], subsystems: readonly Subsystem[] = []) {
  const node = await FakeNode.create({ counters: [{}], ...state });
  nodes.push(node);
  const proc = new ProcFs(node.procRoot);
  const { log, lines } = collectedLog();
  let nowMs = 1_000_000;
  let sample: () => void = () => undefined;
  const clock = () => nowMs;
  const nodeFacts = new NodeFacts({
    proc,
    nodeIp: undefined,
    log,
    readMemory: async () => ({ totalBytes: 8e9, availableBytes: 4e9 }),
  });
  const history = new History();
  const agent = new Agent({
    nodeName: 'node-1',
    sampleMs: 100,
    peakWindowMs: 60_000,
    thresholds: DEFAULT_THRESHOLDS,
    reader: new NodeReader({ proc, clock, counters: { fallBack: true } }),
    judge: new TableJudge({ peakWindowMs: 60_000 }),
    history,
    nodeFacts,
    flowSample: undefined,
    subsystems: [nodeFacts, ...subsystems],
    every: (_intervalMs, run) => {
      sample = run;
      return () => undefined;
    },
    processUsage: () => PROCESS,
    context: {
      log,
      build: { version: '1.2.3', revision: 'abc', nodeVersion: 'v20' },
      clock,
      wallClock: () => 1.7e12 + nowMs,
    },
  });
  await agent.start();
  const advance = (ms: number) => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
      nowMs += 100;
      sample();
      if (nowMs % 1000 === 0) void agent.refresh();
    }
  };
  /** Time in which the sampler does not run. */
  const hang = (ms: number) => {
    nowMs += ms;
  };
  return { node, agent, lines, history, advance, hang };
}

/** Remembers what it was given. */
function recorder(): Subsystem & { readonly judgements: Status[] } {
  const judgements: Status[] = [];
  return { judgements, judged: (status) => void judgements.push(status) };
}

const seriesIn = (body: string, prefix: string) => body.split('\n').filter((line) => line.startsWith(prefix));

describe('Agent', () => {
  it('has a state to show once it has started', async () => {
    const { agent } = await agentOn({ entries: 70, limit: 100 });
    expect(agent.status()).toMatchObject({ node: 'node-1', table: { entries: 70, limit: 100, usage: 0.7 } });
    expect((await agent.exposition('text')).body).toContain('conntrack_entries 70\n');
  });

  it('shows what the last tick has read, and what the kernel says now after the next', async () => {
    const { agent, node } = await agentOn({ entries: 70, limit: 100 });
    node.set({ entries: 80 });
    expect(agent.status().table.entries).toBe(70);
    await agent.refresh();
    expect(agent.status().table.entries).toBe(80);
    expect((await agent.exposition('text')).body).toContain('conntrack_entries 80\n');
  });

  it('changes nothing when it is asked: no log line, no notification, no history entry', async () => {
    const notifier = recorder();
    const { agent, node, lines, history, advance } = await agentOn({ entries: 10, limit: 100 }, [notifier]);
    advance(5000);
    node.set({ entries: 100 }); // The table fills up, and nobody but a tick may notice.
    const before = {
      lines: lines.length,
      judgements: notifier.judgements.length,
      history: structuredClone(history.last(60, 1_010_000)),
      status: agent.status(),
    };
    for (let i = 0; i < 100; i += 1) {
      agent.status();
      agent.history(60);
      agent.flows();
      agent.healthy();
      agent.ready();
      await agent.exposition('text');
    }
    expect(lines).toHaveLength(before.lines);
    expect(notifier.judgements).toHaveLength(before.judgements);
    expect(history.last(60, 1_010_000)).toEqual(before.history);
    expect(agent.status()).toEqual(before.status);
    await agent.refresh();
    expect(lines.length).toBeGreaterThan(before.lines);
    expect(notifier.judgements.length).toBe(before.judgements + 1);
    expect(agent.status().alarms.map(({ alarm }) => alarm)).toContain('table_nearly_full');
  });

  it('logs an alarm once when it fires and once when it ends', async () => {
    const { node, lines, advance } = await agentOn({ entries: 10, limit: 100 });
    advance(2000);
    node.set({ entries: 100 });
    advance(10_000);
    node.set({ entries: 10 });
    advance(240_000);
    const alarms = lines.filter(({ message }) => message.includes('table_nearly_full'));
    expect(alarms.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('judges by what its subsystems know, in the same tick', async () => {
    const subsystem = { facts: () => ({ scrapers: { reconnecting: ['curl'], overdue: [], unscrapedMs: 0 } }) };
    const { agent, advance } = await agentOn({ entries: 10, limit: 100 }, [subsystem]);
    advance(62_000);
    expect(agent.status().alarms.map(({ alarm }) => alarm)).toEqual(['scraper_reconnects']);
  });

  it('shows what its subsystems contribute to a scrape and to the status', async () => {
    const subsystem: Subsystem = {
      publication: () => ({ notifications: new Map([['delivered', 3]]) }),
      statusJson: ({ status }) => ({ newFlows: { state: 'waiting' }, memory: { seen: status.entries } }),
    };
    const { agent } = await agentOn({ entries: 10, limit: 100 }, [subsystem]);
    expect(seriesIn((await agent.exposition('text')).body, 'conntrack_agent_notifications_total')).toEqual([
      'conntrack_agent_notifications_total{outcome="delivered"} 3',
    ]);
    expect(agent.status()).toMatchObject({ newFlows: { state: 'waiting' }, memory: { seen: 10 } });
  });

  it('says that flows are not looked at where no flow sample is taken', async () => {
    const { agent } = await agentOn({ entries: 10, limit: 100 });
    expect(agent.flows()).toMatchObject({ state: 'off' });
    expect(agent.status().flowSample).toMatchObject({ state: 'off' });
  });

  it('is healthy while it samples, and not when the sampler has been silent for long', async () => {
    const { agent, advance, hang } = await agentOn({ entries: 10, limit: 100 });
    advance(1000);
    expect(agent.healthy()).toMatchObject({ ok: true });
    hang(6000);
    expect(agent.healthy()).toEqual({ ok: false, reason: 'the sampler has been silent for 6 s' });
  });

  it('is stopped without a tick that comes late', async () => {
    const notifier = recorder();
    const { agent } = await agentOn({ entries: 10, limit: 100 }, [notifier]);
    agent.stop();
    expect(notifier.judgements).toHaveLength(1);
  });
});
