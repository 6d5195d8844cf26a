import { fileURLToPath } from 'node:url';
import type { Snapshot } from '../../../src/analysis/advice/snapshot.ts';
import { InsertFailureCauses } from '../../../src/analysis/table/insert-failure-causes.ts';
import { takeSnapshot } from '../../../src/cli/doctor/take-snapshot.ts';
import { NodeReader } from '../../../src/host/node-reader.ts';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import type { FlowSample, Ranking, Share, SnatPortsUsed, TimeoutEffect } from '../../../src/model/flows.ts';
import { type DropsByCause, NO_DROPS } from '../../../src/model/status.ts';
import { type CounterValues, counterRow } from '../../counter-row.ts';

/** What a look of three seconds finds on a fixture node, on which nothing moves; `change` is what else there was. */
export async function snapshotOf(node: string, change: Partial<Snapshot> = {}): Promise<Snapshot> {
  const proc = new ProcFs(fileURLToPath(new URL(`../../fixtures/nodes/${node}/proc`, import.meta.url)));
  const clock = () => 0;
  const reader = new NodeReader({ proc, clock, counters: { fallBack: true } });
  const parts = { proc, reader, clock, nodeIp: undefined, sampleMs: 100, lookMs: 0, thresholds: DEFAULT_THRESHOLDS };
  const snapshot = await takeSnapshot({ ...parts, countersAreWanted: true, hasNetAdmin: false });
  reader.close();
  return { ...snapshot, snapshotSeconds: 3, ...change };
}

/** The same findings with counters that grew during the look by so much. */
export function growing(snapshot: Snapshot, by: CounterValues, drops: Partial<DropsByCause> = {}): Snapshot {
  const counters = snapshot.counters!;
  const grown = new Map([...counters.grown, ...counterRow(by)]);
  const causes = new InsertFailureCauses();
  causes.add(counterRow({ insert_failed: 0, found: 0 }), 0);
  causes.add(grown, 3000);
  const dropsByCause = { ...NO_DROPS, ...drops };
  const { table_full: tableFullDrops } = dropsByCause;
  const insertFailures = causes.settledTotals;
  return { ...snapshot, counters: { ...counters, grown, tableFullDrops, dropsByCause, insertFailures } };
}

export function shareOf(share: number, entries = 100_000): Share {
  const read = Math.round(share * 20_000);
  return { read, share, low: Math.max(0, share - 0.01), high: share + 0.01, flows: Math.round(share * entries) };
}

/** What shorter values of a timeout would free, as shares by seconds, longest first. */
export function effectOf(
  name: string,
  seconds: number,
  shorter: readonly (readonly [number, number])[],
): TimeoutEffect {
  const [protocol = '', state = ''] = name.split(' ');
  return {
    ...{ protocol, state, seconds },
    entries: shareOf(1),
    shorter: shorter.map(([value, share]) => ({ seconds: value, ...shareOf(share) })),
    longestIdle: [{ family: 'ipv4', address: '10.96.0.31', port: 5432, protocol: 'tcp', idleSeconds: seconds - 1 }],
  };
}

/** A sample of 20,000 of 100,000 flows with these timeouts. */
export function flowSampleOf(timeouts: readonly TimeoutEffect[] = []): FlowSample {
  const emptyRanking = { top: [], other: shareOf(1), keys: undefined, missed: 0 } satisfies Ranking<never>;
  return {
    read: 20_000,
    entries: 100_000,
    isComplete: false,
    unreplied: shareOf(0),
    unassured: shareOf(0),
    nat: shareOf(0),
    sourceNat: shareOf(0),
    destinationNat: shareOf(0),
    offloaded: shareOf(0),
    states: [],
    idle: [],
    longestIdleSeconds: 90_000,
    timeouts,
    sources: emptyRanking,
    destinations: emptyRanking,
    prefixes: emptyRanking,
    snatPorts: [],
  };
}

/** Ports of one translated address to one destination, by a flow sample of all flows. */
export function portsUsed(share: number): SnatPortsUsed {
  const usable = 64_512;
  return {
    ...{ address: '198.51.100.9', destination: '192.0.2.20', port: 7000, protocol: 'tcp', family: 'ipv4' },
    ...{ used: Math.round(share * usable), usable, share, low: share, high: share },
  };
}

/** A flow sample in which these sources have these shares. */
export function sampleOfSources(shares: Readonly<Record<string, number>>): FlowSample {
  const flowSample = flowSampleOf();
  const top = Object.entries(shares).map(([address, share]) => ({
    family: 'ipv4' as const,
    address,
    ...shareOf(share),
  }));
  return { ...flowSample, sources: { ...flowSample.sources, top } };
}
