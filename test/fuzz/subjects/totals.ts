import { CounterAccumulator } from '../../../src/analysis/table/counters.ts';
import { parseConntrackStat } from '../../../src/host/procfs/conntrack-stat.ts';
import { hold, type Subject } from '../subject.ts';

const WRAP = 2 ** 32;
const MOST_PER_SECOND = 2 ** 24;
const COLUMNS = ['entries', 'invalid', 'insert_failed', 'drop', 'early_drop'];

/** A kernel with a few CPUs that counts in 32 bits, reloads its module, and cannot be read at times. */
export const TOTALS: Subject = {
  name: 'totals',
  invariant: 'a total never steps back and never grows by more than the kernel counted; without gaps by exactly that',
  run(random) {
    const cpus = 1 + random.below(4);
    let raw = Array.from({ length: cpus }, () =>
      random.chance(0.5) ? WRAP - 1 - random.unsigned(26) : random.unsigned(32),
    );
    const accumulator = new CounterAccumulator(random.chance(0.5) ? 'resumed' : 'as counted');
    let [atMs, counted, isWhole] = [0, 0, true];
    accumulator.add(parseConntrackStat(textOf(raw)), atMs);
    const first = accumulator.totals(['drop']).get('drop')!;
    let last = first;
    for (let steps = random.below(20); steps > 0; steps -= 1) {
      const seconds = random.chance(0.05) ? 60 : (1 + random.below(4000)) / 1000;
      atMs += seconds * 1000;
      const isReload = random.chance(0.05);
      if (isReload) raw = raw.map(() => 0);
      const isAway = isReload || random.chance(0.05);
      if (isAway) accumulator.interrupt();
      isWhole &&= !isAway && seconds < 5;
      const growth = raw.map(() => Math.floor((random.next() / WRAP) ** 8 * seconds * MOST_PER_SECOND));
      counted += growth.reduce((sum, one) => sum + one);
      raw = raw.map((count, cpu) => (count + growth[cpu]!) % WRAP);
      accumulator.add(parseConntrackStat(textOf(raw)), atMs);
      const total = accumulator.totals(['drop']).get('drop')!;
      hold(total >= last, () => `a total of ${last} stepped back to ${total}`);
      hold(total - first <= counted, () => `a total grew by ${total - first}, the kernel counted ${counted}`);
      last = total;
    }
    hold(!isWhole || last - first === counted, () => `grew by ${last - first} of ${counted}`);
  },
};

function textOf(drops: readonly number[]): string {
  const rows = drops.map((drop) =>
    COLUMNS.map((name) => (name === 'drop' ? drop : 7).toString(16).padStart(8, '0')).join(' '),
  );
  return [COLUMNS.join(' '), ...rows, ''].join('\n');
}
