import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { outcome } from '../../simulator/child.ts';
import type { FlowSample } from '../../src/model/flows.ts';
import { needs } from '../needs.ts';
import type { PlainFlow } from '../netlink/flow-frames.ts';
import { type ListedFlow, listedFlowOf, listedXml } from './conntrack-xml.ts';
import { decodedPart, EVERY_KIND, lineOf, listed, load, sampledTable } from './flow-table.ts';
import { fill, flush } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';
import { connectTcp, startEcho } from './lab/tcp.ts';
import { kindsOfTraffic, makeTraffic } from './traffic.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READER = fileURLToPath(new URL('./flow-sample-reader.ts', import.meta.url));
const BUCKETS_FILE = '/proc/sys/net/netfilter/nf_conntrack_buckets';
const PORT = 7_001;
/** Timeouts run on from our reading to conntrack's. */
const BETWEEN_READS_SECONDS = 10;

type DumpReport = { read: number; isComplete: boolean; incompleteReason?: string; tries: number };

function startReader(lab: Lab, ...args: (string | number)[]) {
  return lab.spawnIn('node', process.execPath, ['--import', 'tsx', READER, ...args.map(String)], { cwd: ROOT });
}

async function read<T>(lab: Lab, ...args: (string | number)[]): Promise<T> {
  return JSON.parse(await outcome(startReader(lab, ...args), 60_000)) as T;
}

/** Sorted by what they are, with the timeout apart. */
function inOrder(flows: readonly ListedFlow[]) {
  const keyed = flows.map(({ timeoutSeconds, ...flow }) => ({ key: JSON.stringify(flow), flow, timeoutSeconds }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
}

describe('FlowDumper', () => {
  it('reads of flows of every kind, and of real ones, what conntrack -L lists but for mark, zone and the fields of ICMP', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    await load(lab, EVERY_KIND);
    await startEcho(lab, 'node', PORT);
    const open = await connectTcp(lab, 'peer', ADDRESS.node, PORT);
    await open.ask('hello');
    await fill(lab, 100);

    const flows = await read<PlainFlow[]>(lab, 'list');
    expect(flows.length).toBe(EVERY_KIND.length + 101);
    expect(flows.map(lineOf).sort()).toEqual(decodedPart(await listed(lab)));
    const withBit = (bit: number) => flows.filter(({ status }) => (status & bit) !== 0).map(lineOf);
    expect(withBit(0x10).sort()).toEqual(decodedPart(await listed(lab, '--src-nat')));
    expect(withBit(0x20).sort()).toEqual(decodedPart(await listed(lab, '--dst-nat')));
    const loaded = flows.filter(({ original }) => ['10.1.0.1', 'fd00::1'].includes(original.source));
    const seconds = loaded.map((flow) => Number(flow['timeoutSeconds' as never]));
    expect(seconds).toHaveLength(EVERY_KIND.length);
    expect(seconds.filter((left) => !(left > 400 && left <= 500))).toEqual([]);
  });

  it('reads of real traffic of every kind, field by field, what conntrack -L -o xml lists but for what it skips', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest();
    await load(lab, EVERY_KIND);
    await makeTraffic(lab);
    const flows = await read<PlainFlow[]>(lab, 'list');
    const [ours, theirs] = [flows.map(listedFlowOf), await listedXml(lab)].map(inOrder);
    expect(ours!.map(({ flow }) => flow)).toEqual(theirs!.map(({ flow }) => flow));
    for (const [i, { timeoutSeconds }] of ours!.entries()) {
      expect(Math.abs(timeoutSeconds - theirs![i]!.timeoutSeconds)).toBeLessThanOrEqual(BETWEEN_READS_SECONDS);
    }
    const lines = await listed(lab);
    expect(flows.map(lineOf).sort()).toEqual(decodedPart(lines));
    const kinds = kindsOfTraffic();
    expect(kinds.flatMap(([kind, line]) => (lines.some((one) => line.test(one)) ? [] : [kind]))).toEqual([]);
    const names = kinds.map(([kind]) => kind).join(', ');
    process.stdout.write(
      `${flows.length} flows as conntrack -L -o xml and extended list them; by real traffic: ${names}\n`,
    );
  });

  it('comes to an end while the table is flushed under it', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    await fill(lab, 100_000);
    const reader = startReader(lab, 'dump');
    await reader.waitFor(/^reading$/m);
    await flush(lab);
    const report = JSON.parse(await outcome(reader, 30_000)) as DumpReport;
    expect(report).toMatchObject({ isComplete: true, tries: 1 });
    expect(report.read > 0 && report.read <= 100_000).toBe(true);
  });

  it('begins anew when the hash is resized under it', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    await fill(lab, 150_000);
    const before = readFileSync(BUCKETS_FILE, 'utf8').trim();
    try {
      const reader = startReader(lab, 'dump');
      await reader.waitFor(/^reading$/m);
      writeFileSync(BUCKETS_FILE, String(Number(before) / 2));
      const report = JSON.parse(await outcome(reader, 30_000)) as DumpReport;
      expect(report).toEqual({ read: 150_000, isComplete: true, tries: 2 });
    } finally {
      writeFileSync(BUCKETS_FILE, before);
    }
  });

  it('does not call complete what it listed while the hash was resized forth and back, again and again', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    await fill(lab, 100_000);
    const before = readFileSync(BUCKETS_FILE, 'utf8').trim();
    const sizes = [String(Number(before) / 2), before];
    let resizes = 0;
    const resize = () => writeFileSync(BUCKETS_FILE, sizes[resizes++ % 2]!);
    try {
      const reader = startReader(lab, 'dump');
      const reported = outcome(reader, 60_000);
      await reader.waitFor(/^reading$/m);
      let isOver = false;
      void reported.finally(() => {
        isOver = true;
      });
      while (!isOver) {
        resize();
        await sleep(5);
      }
      const report = JSON.parse(await reported) as DumpReport;
      process.stdout.write(`${JSON.stringify(report)} of 100,000 flows after ${resizes} resizes\n`);
      expect(report).toMatchObject({ isComplete: false, incompleteReason: 'resized', tries: 3 });
    } finally {
      writeFileSync(BUCKETS_FILE, before);
    }
  });
});

describe('FlowDumper on a socket that the kernel has no room in', () => {
  it('begins anew after the ENOBUFS of the kernel, and misses no flow', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    await load(lab, EVERY_KIND);
    const reader = startReader(lab, 'overrun');
    await reader.waitFor(/^listening$/m);
    await fill(lab, 1000);
    reader.closeInput();
    const report = JSON.parse(await outcome(reader, 30_000)) as DumpReport;
    expect(report).toEqual({ read: EVERY_KIND.length + 1000, isComplete: true, tries: 2 });
  });
});

describe('FlowCounter', () => {
  it.for([50_000, 200_000])(
    'has the true share of about 95 percent of 400 sources in its interval: %i flows',
    async (flows, context) => {
      needs(context, 'root', 'conntrack', 'ip', 'nft');
      const lab = await labOfTest();
      const { lines, shares } = sampledTable(flows, 400);
      await load(lab, lines);
      const flowSample = await read<FlowSample>(lab, 'flowSample', 20_000, 1000);
      expect(flowSample.read >= 20_000 && flowSample.read < 21_000).toBe(true);
      expect(flowSample).toMatchObject({ isComplete: false, entries: flows });
      const covered = flowSample.sources.top.filter(({ address, low, high }) => {
        const share = shares.get(address)!;
        return low <= share && share <= high;
      });
      process.stdout.write(`${covered.length} of ${shares.size} intervals hold the true share of ${flows} flows\n`);
      expect(flowSample.sources.top).toHaveLength(shares.size);
      // As many as are said, less what chance makes of 400.
      expect(covered.length / shares.size).toBeGreaterThanOrEqual(0.93);
    },
  );
});
