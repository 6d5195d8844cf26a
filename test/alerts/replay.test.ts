import { describe, expect, it } from 'vitest';
import { direct, ours } from '../../bench/alerts/contenders.ts';
import { CORPUS } from '../../bench/alerts/corpus.ts';
import { KernelTable } from '../../bench/alerts/kernel-table.ts';
import { replay } from '../../bench/alerts/replay.ts';
import { leadOf } from '../../bench/alerts/score.ts';
import { needs } from '../needs.ts';

const traceOf = (name: string) => CORPUS.find((trace) => trace.name === name)!;

describe('CORPUS', () => {
  it('has no two traces of one name, and is the same each time', () => {
    expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
  });

  it('loses packets for want of room on the traces that deserve a page, and only on these', async () => {
    for (const name of [
      'one-second bursts to 100 %',
      'saturated from the start',
      'limit lowered, still room',
      'quiet node',
    ]) {
      const { trace, firstLossAt } = await replay(traceOf(name));
      expect(firstLossAt !== undefined, name).toBe(trace.deserves === 'page');
    }
  });
});

describe('KernelTable', () => {
  it('refuses what has no room, swings between 95 and 100 %, and counts in 32 bits', () => {
    const table = new KernelTable(2 ** 32 - 5);
    const seen = Array.from({ length: 600 }, () => {
      table.step({ demand: 2000, limit: 1000 }, 0.1);
      return table.entries;
    });
    expect([Math.min(...seen), Math.max(...seen)]).toEqual([950, 1000]);
    expect(table.tableFullDrops).toBeGreaterThan(5);
    expect(table.counters()[1]!.get('drop')).toBe(table.tableFullDrops - 5);
  });
});

describe('the rules and the agent, replayed', () => {
  it('page for a one-second burst, warn of a ramp, and leave a busy node alone', async (context) => {
    needs(context, 'promtool');
    const names = ['one-second bursts to 100 %', 'ramp of 8 min', 'busy but stable at 85 %, small table'];
    const replays = await Promise.all(names.map((name) => replay(traceOf(name))));
    for (const contender of [await ours(replays), direct(replays)]) {
      const leads = replays.map((replayed, i) => leadOf(contender.notices[i], replayed));
      expect(leads[0]).toBeGreaterThan(-20);
      expect(leads[1]).toBeGreaterThan(300);
      expect(contender.notices[2]).toBeUndefined();
    }
  }, 180_000);
});
