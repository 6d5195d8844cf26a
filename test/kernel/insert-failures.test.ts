import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TableJudge } from '../../src/analysis/table/table-judge.ts';
import type { AlarmId } from '../../src/model/alarms/alarms.ts';
import type { CpuRow } from '../../src/model/reading.ts';
import { type InsertFailures, isFiring } from '../../src/model/status.ts';
import { needs } from '../needs.ts';
import type { Agreement, Row } from './ctnetlink-reader.ts';
import {
  collideWithoutPorts,
  FEW_PORTS_SERVICE,
  losePackets,
  makeRoomForFailures,
  NAT_PORTS,
  openFlows,
} from './lab/failures.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import type { Lab } from './lab/namespaces.ts';

const READER = fileURLToPath(new URL('./ctnetlink-reader.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The alarms wait for a minute. */
const QUIET_SECONDS = 75;
/** Enough for a mean of 0.05 a second over ten minutes. */
const RACES = 35;
/** Enough for the same mean. */
const WITHOUT_PORTS = 40;
const VIA = ['ctnetlink', 'procfs'] as const;
const ALARMS: readonly AlarmId[] = [
  'insert_failures',
  'snat_ports_exhausted',
  'nat_without_ports',
  'insert_failures_unexplained',
];
const NONE: InsertFailures = { race: 0, snat_ports: 0, nat_without_ports: 0, unknown: 0 };

/** Judges a table by counters that are read when it is told to, as if they had been read once a second. */
class Watch {
  readonly #lab: Lab;
  readonly #judges = VIA.map((via) => ({ via, judge: new TableJudge({ peakWindowMs: 60_000 }) }));
  #rows: Agreement | undefined;
  #second = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** What the kernel counts now is read in this second, and nothing happens in those after it. */
  async look(): Promise<void> {
    const args = ['--import', 'tsx', READER, 'agree'];
    this.#rows = JSON.parse(await this.#lab.exec('node', process.execPath, args, { cwd: ROOT })) as Agreement;
    for (let i = 0; i < QUIET_SECONDS; i += 1) this.#pass();
  }

  get failures(): readonly (InsertFailures | undefined)[] {
    return this.#judges.map(({ judge }) => judge.statusAt(this.#second * 1000).insertFailures);
  }

  get firing(): readonly AlarmId[][] {
    return this.#judges.map(({ judge }) => {
      const { alarms } = judge.statusAt(this.#second * 1000);
      return ALARMS.filter((id) => isFiring(alarms.get(id)));
    });
  }

  #pass(): void {
    const atMs = this.#second * 1000;
    for (const { via, judge } of this.#judges) {
      judge.addCounters(this.#rows![via].map(rowOf), atMs);
      judge.addSample({ atMs, entries: 100, limit: 1000 });
    }
    this.#second += 1;
  }
}

function rowOf(row: Row): CpuRow {
  return new Map(Object.entries(row)) as CpuRow;
}

async function watched(): Promise<{ lab: Lab; watch: Watch }> {
  const lab = await labOfTest({ udpTimeoutSeconds: 600 });
  await makeRoomForFailures(lab);
  const watch = new Watch(lab);
  await watch.look();
  return { lab, watch };
}

const both = <T>(value: T) => VIA.map(() => value);

describe('insertions that fail', () => {
  it('are no loss up to the last port, and then of NAT without ports and of nothing else', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
    const { lab, watch } = await watched();
    for (const flows of [50, 90, NAT_PORTS]) {
      await lab.exec('node', 'conntrack', ['-F']);
      await openFlows(lab, flows);
      await watch.look();
      expect(watch.firing, `${flows} flows on ${NAT_PORTS} ports`).toEqual(both([]));
      expect(watch.failures).toEqual(both(NONE));
    }
    await openFlows(lab, NAT_PORTS);
    await watch.look();
    expect(watch.failures).toEqual(both({ ...NONE, snat_ports: NAT_PORTS }));
    expect(watch.firing).toEqual(both(['snat_ports_exhausted']));
    report('NAT without ports', watch);
  });

  it('are of a race where two packets of one flow come at once, and of nothing else', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
    const { lab, watch } = await watched();
    await losePackets(lab, RACES);
    await watch.look();
    for (const failures of watch.failures)
      expect(failures).toMatchObject({ snat_ports: 0, nat_without_ports: 0, unknown: 0 });
    expect(watch.firing).toEqual(both(['insert_failures']));
    report('races', watch);
  });

  it.for([
    ['GRE', 47],
    ['ESP', 50],
    ['IPIP', 4],
  ] as const)(
    'are of NAT without ports where two addresses send %s, and of nothing else',
    async ([, protocol], context) => {
      needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
      const { lab, watch } = await watched();
      await collideWithoutPorts(lab, protocol, WITHOUT_PORTS);
      await watch.look();
      expect(watch.failures).toEqual(both({ ...NONE, nat_without_ports: WITHOUT_PORTS }));
      expect(watch.firing).toEqual(both(['nat_without_ports']));
    },
  );

  it('are of unknown cause and no race where NAT has three ports', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
    const { lab, watch } = await watched();
    await openFlows(lab, WITHOUT_PORTS, FEW_PORTS_SERVICE);
    for (let i = 0; i < 3; i += 1) await watch.look(); // The cause is decided after two minutes, and the alarm waits for one more.
    for (const failures of watch.failures)
      expect(failures).toMatchObject({ race: 0, snat_ports: 0, nat_without_ports: 0 });
    expect(watch.firing).toEqual(both(['insert_failures_unexplained']));
    report('three ports', watch);
  });

  it('are told apart where both go on at once', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack');
    const { lab, watch } = await watched();
    await openFlows(lab, NAT_PORTS + 40); // Searches alone, by which it knows them.
    await watch.look();
    const withoutPort = 30;
    await Promise.all([openFlows(lab, withoutPort), losePackets(lab, withoutPort + 2 * RACES)]); // In one reading.
    await watch.look();
    expect(watch.firing).toEqual(both(['insert_failures', 'snat_ports_exhausted']));
    report('both', watch);
  });
});

function report(what: string, { failures, firing }: Watch): void {
  process.stdout.write(`insert failures, ${what}: ${JSON.stringify({ failures: failures[0], firing: firing[0] })}\n`);
}
