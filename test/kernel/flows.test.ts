import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { Program } from '../program.ts';
import { hostileFlows, load, portsInUse } from './flow-table.ts';
import { isWithinTwice } from './interval.ts';
import { AGENT_PROGRAM, Agent } from './lab/agent.ts';
import { samplesOf } from './lab/exposition.ts';
import { flush, occupy } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { withLimit } from './lab/limit.ts';
import type { Lab } from './lab/namespaces.ts';

const NEEDS = ['root', 'conntrack', 'ip', 'nft'] as const;
/** The user of the image, who has no capability. */
const NONROOT = 65_532;
/**
 * Of a sample 129, of new flows 17, and the two of the alarm that is judged by a sample. Three more, the share that is idle, are
 * not there: the timers loaded here are as if the timeout had been raised meanwhile.
 */
const MOST_SERIES = 148;

type Row = { address?: string; port?: number; share: number; flows: number; low: number; high: number };
type FlowsJson = {
  table: { entries: number; limit: number; unlisted?: number };
  expired?: number;
  read: number;
  isComplete: boolean;
  unreplied: Row;
  unassured: Row;
  nat: Row;
  states: (Row & { family: string; protocol: string; state: string })[];
  sources: { top: Row[]; other: Row; keys: number };
  destinations: { top: (Row & { protocol: string })[] };
  prefixes: { top: (Row & { prefix: string })[] };
};

/** 3,000 flows: 1,500 TCP of one source to one service with DNAT, 900 UDP of another, 600 of 600 sources to DNS. */
const TRAFFIC = [
  ...Array.from({ length: 1500 }, (_, i) => {
    const ports = `--sport ${1024 + i} --dport 443`;
    return `-I -t 600 -u SEEN_REPLY,ASSURED -s 10.42.3.17 -d 10.96.0.20 -p tcp ${ports} --state ESTABLISHED -g 10.42.9.9:8443\n`;
  }),
  ...Array.from({ length: 900 }, (_, i) => {
    return `-I -t 600 -s fd00:42::18 -d fd00:96::7 -p udp --sport ${1024 + i} --dport 9000\n`;
  }),
  ...Array.from({ length: 600 }, (_, i) => {
    return `-I -t 600 -s 10.43.${i >> 8}.${i & 255} -d 10.96.0.10 -p udp --sport 4000 --dport 53\n`;
  }),
];

async function flows(lab: Lab, ...args: string[]): Promise<string> {
  return lab.exec('node', process.execPath, [AGENT_PROGRAM, 'flows', ...args], { timeoutMs: 60_000 });
}

/** Names with labels of all that a scrape shows. */
async function seriesOf(agent: Agent): Promise<string[]> {
  return [...samplesOf((await agent.get('/metrics')).body).keys()];
}

const sharesOf = (rows: readonly Row[]) => rows.map(({ address, share }) => [address, share]);

describe('conntrack-agent flows', () => {
  it('tells who made the flows of a table, to the flow', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    await load(lab, TRAFFIC);
    const flowSample = JSON.parse(await flows(lab, '--json', '--flows.sample-size=0', '--flows.top=3')) as FlowsJson;
    expect(flowSample).toMatchObject({ read: 3000, isComplete: true, table: { entries: 3000, unlisted: 0 } });
    expect([flowSample.unreplied, flowSample.unassured, flowSample.nat].map(({ share }) => share)).toEqual([
      0.5, 0.5, 0.5,
    ]);
    expect(sharesOf(flowSample.sources.top.slice(0, 2))).toEqual([
      ['10.42.3.17', 0.5],
      ['fd00:42::18', 0.3],
    ]);
    expect(flowSample.sources.keys).toBe(602);
    expect(flowSample.sources.other.flows).toBe(599);
    expect(flowSample.destinations.top).toMatchObject([
      { address: '10.96.0.20', port: 443, protocol: 'tcp', share: 0.5 },
      { address: 'fd00:96::7', port: 9000, protocol: 'udp', share: 0.3 },
      { address: '10.96.0.10', port: 53, protocol: 'udp', share: 0.2 },
    ]);
    const prefixes = flowSample.prefixes.top.map(({ prefix, flows }) => [prefix, flows]);
    // Several /24 have 256 flows each: which of them comes third is chance.
    expect(prefixes).toEqual([
      ['10.42.3.0/24', 1500],
      ['fd00:42::/64', 900],
      [expect.stringMatching(/^10\.43\.\d+\.0\/24$/), 256],
    ]);
    expect(flowSample.states.map(({ family, protocol, state, flows }) => [family, protocol, state, flows])).toEqual([
      ['ipv4', 'tcp', 'established', 1500],
      ['ipv6', 'udp', 'unreplied', 900],
      ['ipv4', 'udp', 'unreplied', 600],
    ]);
  });

  it('reads a sample within its budget, and the true share is about its interval', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    await load(lab, TRAFFIC);
    const flowSample = JSON.parse(await flows(lab, '--json', '--flows.sample-size=1000')) as FlowsJson;
    expect(flowSample.read >= 1000 && flowSample.read < 1500).toBe(true);
    expect(flowSample).toMatchObject({ isComplete: false, table: { entries: 3000 } });
    const [source] = flowSample.sources.top as [Row];
    expect(isWithinTwice(source, 0.5) && source.high - source.low < 0.08).toBe(true);
  });

  it('does not take entries that have expired for flows, of which the kernel still counts twice as many', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    await load(lab, TRAFFIC);
    await load(lab, hostileFlows(6000, { timeoutSeconds: 1 }));
    await sleep(1500);
    const { table, expired } = JSON.parse(await flows(lab, '--json', '--flows.sample-size=1000')) as FlowsJson;
    expect(Math.abs(table.entries - 3000)).toBeLessThan(450);
    // None where the garbage collector came in the meantime.
    expect(expired === 0 || Math.abs(table.entries + expired! - 9000) < 100).toBe(true);
    process.stdout.write(`3,000 flows: ${table.entries} told, and ${expired} that have expired\n`);
  });

  it('shows a person the same while the table is full', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    await withLimit(2000, async () => {
      await occupy(lab, 2000);
      const text = await flows(lab, '--by=state');
      expect(text).toMatch(/^node \S+: 2,000 of 2,000 entries \(100\.0 %\)\n/);
      expect(text).toContain('tcp established  2,000  100.0 %  ██████████████████████████████\n');
    });
  });

  it('ends --watch at Ctrl-C with exit code 0', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    const watching = lab.spawnIn('node', process.execPath, [AGENT_PROGRAM, 'flows', '--watch', '--json']);
    await watching.waitFor(/"node"[^\n]*\n[^\n]*"node"/);
    process.kill(watching.pid!, 'SIGINT');
    expect((await watching.exited).code).toBe(0);
  });

  it('tells a user who may not list flows what grants it', async (context) => {
    needs(context, 'root', 'nf_conntrack');
    const { code, stdout, stderr } = await new Program(['flows'], { uid: NONROOT }).exited;
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^Cannot list flows from "ctnetlink": .*EPERM.*CAP_NET_ADMIN\n/);
    expect(stderr).toContain('capabilities: { drop: [ALL], add: [NET_ADMIN] }');
  });
});

describe('conntrack-agent --collector.flows', () => {
  it('exports the flow sample, replaces it whole, and answers with it', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    await load(lab, TRAFFIC);
    const flags = ['--collector.flows', '--flows.schedule=* * * * * *', '--web.listen-address=127.0.0.1:0'];
    const agent = await Agent.start(lab, { flags });
    const metrics = async () => (await agent.get('/metrics')).body;
    await expect.poll(metrics, { timeout: 15_000 }).toContain('\nconntrack_flow_sample_flows 3000\n');
    const body = await metrics();
    const top = body.split('\n').filter((line) => line.startsWith('conntrack_top_flows{ranking="source"'));
    expect(top).toHaveLength(21);
    expect(top[0]).toBe('conntrack_top_flows{ranking="source",address="10.42.3.17",port="",protocol=""} 1500');
    expect(body).toContain('conntrack_flows{family="ipv6",protocol="udp",state="unreplied"} 900\n');
    const answer = await agent.get('/api/v1/flows');
    expect(answer.status).toBe(200);
    const flowSample = JSON.parse(answer.body) as FlowsJson;
    expect(flowSample.read).toBe(3000);
    expect(flowSample.sources.top[0]).toMatchObject({ address: '10.42.3.17', share: 0.5 });
    await flush(lab);
    await expect.poll(metrics, { timeout: 15_000 }).not.toContain('10.42.3.17');
    expect(await agent.stop()).toBe(0);
  });

  it('adds at most 160 series, on a table that is hostile in everything they are of', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest();
    await load(lab, [...hostileFlows(10_000), ...portsInUse(30)]);
    const schedules = ['schedule', 'openers-schedule'].map((flag) => `--flows.${flag}=* * * * * *`);
    const flags = ['--web.listen-address=127.0.0.1:0', ...schedules, '--flows.sample-size=0', '--flows.top=100'];
    const without = await Agent.start(lab, { flags });
    const agent = await Agent.start(lab, { flags: [...flags, '--collector.flows'] });
    const common = new Set(await seriesOf(without));
    const count = (names: readonly string[], start: string) => names.filter((name) => name.startsWith(start)).length;
    let most: readonly string[] = [];
    // Openers for windows that listen most of the time.
    for (let nth = 1; nth < 40 && most.length < MOST_SERIES; nth += 1) {
      await load(lab, hostileFlows(3000, { nth, timeoutSeconds: 1 }));
      const names = (await seriesOf(agent)).filter((name) => !common.has(name));
      expect(names.length).toBeLessThanOrEqual(160);
      if (names.length > most.length) most = names;
    }
    process.stdout.write(`--collector.flows adds ${most.length} series on a hostile table\n`);
    expect(count(most, 'conntrack_flows{')).toBe(38);
    expect(count(most, 'conntrack_top_flows{')).toBe(63);
    expect(count(most, 'conntrack_snat_ports_used_ratio{')).toBe(10);
    expect(count(most, 'conntrack_top_openers{')).toBe(12);
    expect(most).toHaveLength(MOST_SERIES);
  });

  it('goes on with all else where it may not list flows', async (context) => {
    needs(context, 'root', 'nf_conntrack');
    const flags = [
      '--collector.flows',
      '--flows.schedule=* * * * * *',
      '--web.listen-address=127.0.0.1:0',
      '--web.socket=',
    ];
    const program = new Program(flags, { uid: NONROOT });
    try {
      const url = await program.url();
      await program.logged(/flow sample failed/);
      const failures = async () => {
        const body = await (await fetch(`${url}/metrics`)).text();
        expect(body).toContain('\nconntrack_entries ');
        expect(body).not.toContain('conntrack_top_flows{');
        return Number(/^conntrack_flow_sample_failures_total (\d+)$/m.exec(body)?.[1]);
      };
      await expect.poll(failures, { timeout: 15_000 }).toBeGreaterThan(2);
      expect(program.log.filter(({ msg }) => /flow sample failed/.test(String(msg)))).toHaveLength(1);
      const answer = await fetch(`${url}/api/v1/flows`);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ remedy: expect.stringContaining('NET_ADMIN') });
    } finally {
      await program.stop();
    }
  });
});
