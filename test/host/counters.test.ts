import { describe, expect, it } from 'vitest';
import { type CounterSource, Counters } from '../../src/host/counters.ts';
import { ProcFs } from '../../src/host/procfs/proc-fs.ts';
import type { CpuRow } from '../../src/model/reading.ts';
import { counterRow } from '../counter-row.ts';
import { FakeNode } from '../fake-node.ts';

const ROWS = [counterRow({ drop: 7 })];

/** A ctnetlink that answers or refuses as told, and counts how often it was asked. */
class Ctnetlink implements CounterSource {
  asked = 0;
  refusal: Error | undefined;

  async read() {
    this.asked += 1;
    if (this.refusal !== undefined) throw this.refusal;
    return ROWS;
  }
  close(): void {
    this.refusal = undefined;
  }
}

async function countersOf(fallBack: boolean, fixture = 'linux-6.18') {
  const node = await FakeNode.create({ fixture });
  const ctnetlink = new Ctnetlink();
  const time = { nowMs: 0 };
  const counters = new Counters({ proc: new ProcFs(node.procRoot), ctnetlink, fallBack, clock: () => time.nowMs });
  return { node, ctnetlink, time, counters, [Symbol.asyncDispose]: () => node.dispose() };
}

async function readAnew(counters: Counters) {
  await counters.refresh(true);
  return counters.read(true);
}

const upByVia = (reports: readonly { via: string; up: boolean }[]) => reports.map(({ via, up }) => `${via} ${up}`);

describe('Counters', () => {
  it('come from ctnetlink where it answers', async () => {
    await using own = await countersOf(true);
    const { rows, reports } = await readAnew(own.counters);
    expect(rows).toEqual(ROWS);
    expect(upByVia(reports)).toEqual(['ctnetlink true']);
  });

  it('come from procfs where ctnetlink refuses, and the reports tell both', async () => {
    await using own = await countersOf(true);
    own.ctnetlink.refusal = new Error('EPERM');
    const { rows, reports } = await readAnew(own.counters);
    expect(rows?.[0]?.has('drop')).toBe(true);
    expect(upByVia(reports)).toEqual(['ctnetlink false', 'procfs true']);
    expect(reports[0]?.problem?.message).toBe('EPERM');
  });

  it('are absent where ctnetlink refuses and procfs was not allowed to stand in', async () => {
    await using own = await countersOf(false);
    own.ctnetlink.refusal = new Error('EPERM');
    const { rows, reports } = await readAnew(own.counters);
    expect(rows).toBeUndefined();
    expect(upByVia(reports)).toEqual(['ctnetlink false']);
  });

  it('ask a ctnetlink that refused once a minute, not every second, and take it back when it answers', async () => {
    await using own = await countersOf(true);
    own.ctnetlink.refusal = new Error('EPERM');
    for (const nowMs of [0, 1000, 59_999]) {
      own.time.nowMs = nowMs;
      expect(upByVia((await readAnew(own.counters)).reports)).toEqual(['ctnetlink false', 'procfs true']);
    }
    expect(own.ctnetlink.asked).toBe(1);
    own.ctnetlink.refusal = undefined;
    own.time.nowMs = 60_000;
    expect(upByVia((await readAnew(own.counters)).reports)).toEqual(['ctnetlink true']);
  });

  it('do not ask ctnetlink before the module is loaded: the question would load it', async () => {
    await using own = await countersOf(true);
    own.node.unloadModule();
    const { rows, reports } = own.counters.read(false);
    expect(rows).toBeUndefined();
    expect(own.ctnetlink.asked).toBe(0);
    expect(upByVia(reports)).toEqual(['ctnetlink false', 'procfs false']);
  });

  it.each([
    ['rhel7-3.10', false],
    ['rhel8-4.18', true],
    ['linux-6.18', true],
  ])('of %s tell "found" only where it means a NAT collision: %s', async (fixture, told) => {
    await using own = await countersOf(true, fixture);
    own.ctnetlink.refusal = new Error('EPERM');
    expect((await readAnew(own.counters)).rows?.[0]?.has('found')).toBe(told);
  });

  /** A kernel whose lock somebody else holds: each question is open until `answer`. */
  function locked() {
    const open: ((rows: readonly CpuRow[]) => void)[] = [];
    const source: CounterSource = { read: () => new Promise((resolve) => open.push(resolve)), close: () => undefined };
    return { source, open };
  }

  it('wait a moment for a ctnetlink that does not answer, and are those of procfs until it does', async () => {
    await using node = await FakeNode.create();
    const [{ source, open }, time] = [locked(), { nowMs: 0 }];
    const parts = { proc: new ProcFs(node.procRoot), fallBack: true, clock: () => time.nowMs };
    const counters = new Counters({ ...parts, ctnetlink: source });
    expect(upByVia((await readAnew(counters)).reports)).toEqual(['ctnetlink false', 'procfs true']);
    time.nowMs = 3001;
    const { rows, reports } = await readAnew(counters);
    expect(rows?.[0]?.has('drop')).toBe(true);
    expect(reports[0]?.problem?.message).toBe('Cannot hear from "ctnetlink": no answer within 3 s');
    expect(open).toHaveLength(1); // No second question while the first is open.
    open[0]!(ROWS);
    await new Promise((resolve) => setImmediate(resolve));
    expect(counters.read(true)).toMatchObject({ rows: ROWS, reports: [{ via: 'ctnetlink', up: true }] });
  });

  it('are the last answer while the next one is a little late', async () => {
    await using own = await countersOf(false);
    await readAnew(own.counters);
    own.time.nowMs = 3000;
    const { source } = locked();
    own.ctnetlink.read = () => source.read() as Promise<CpuRow[]>;
    expect((await readAnew(own.counters)).rows).toEqual(ROWS);
    own.time.nowMs = 6001;
    expect((await readAnew(own.counters)).rows).toBeUndefined();
  });
});
