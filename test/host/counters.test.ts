import { describe, expect, it } from 'vitest';
import { type CounterSource, Counters } from '../../src/host/counters.ts';
import { ProcFs } from '../../src/host/proc-fs.ts';
import { counterRow } from '../counter-row.ts';
import { FakeNode } from '../fake-node.ts';

const ROWS = [counterRow({ drop: 7 })];

/** A ctnetlink that answers or refuses as told, and counts how often it was asked. */
class Ctnetlink implements CounterSource {
  asked = 0;
  refusal: Error | undefined;

  read() {
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

const upByVia = (reports: readonly { via: string; up: boolean }[]) => reports.map(({ via, up }) => `${via} ${up}`);

describe('Counters', () => {
  it('come from ctnetlink where it answers', async () => {
    await using own = await countersOf(true);
    const { rows, reports } = own.counters.read(true);
    expect(rows).toEqual(ROWS);
    expect(upByVia(reports)).toEqual(['ctnetlink true']);
  });

  it('come from procfs where ctnetlink refuses, and the reports tell both', async () => {
    await using own = await countersOf(true);
    own.ctnetlink.refusal = new Error('EPERM');
    const { rows, reports } = own.counters.read(true);
    expect(rows?.[0]?.has('drop')).toBe(true);
    expect(upByVia(reports)).toEqual(['ctnetlink false', 'procfs true']);
    expect(reports[0]?.problem?.message).toBe('EPERM');
  });

  it('are absent where ctnetlink refuses and procfs was not allowed to stand in', async () => {
    await using own = await countersOf(false);
    own.ctnetlink.refusal = new Error('EPERM');
    const { rows, reports } = own.counters.read(true);
    expect(rows).toBeUndefined();
    expect(upByVia(reports)).toEqual(['ctnetlink false']);
  });

  it('ask a ctnetlink that refused once a minute, not every second, and take it back when it answers', async () => {
    await using own = await countersOf(true);
    own.ctnetlink.refusal = new Error('EPERM');
    for (const nowMs of [0, 1000, 59_999]) {
      own.time.nowMs = nowMs;
      expect(upByVia(own.counters.read(true).reports)).toEqual(['ctnetlink false', 'procfs true']);
    }
    expect(own.ctnetlink.asked).toBe(1);
    own.ctnetlink.refusal = undefined;
    own.time.nowMs = 60_000;
    expect(upByVia(own.counters.read(true).reports)).toEqual(['ctnetlink true']);
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
    expect(own.counters.read(true).rows?.[0]?.has('found')).toBe(told);
  });
});
