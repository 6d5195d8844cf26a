import { describe, expect, it } from 'vitest';
import { show } from '../../../src/cli/flows/flows.ts';
import { flowSampleView } from '../../../src/cli/flows/views.ts';
import { flowSampleOf, ten } from '../../analysis/flows/counted-flows.ts';

const CONFIG = { watch: false, json: false };

/** What is written; the signal comes when so many flow samples have been taken. */
async function shown(config: { watch?: boolean; json?: boolean; by?: 'source' | 'state' }, until = 1) {
  const stopping = new AbortController();
  const writes: string[] = [];
  let taken = 0;
  const sampler = {
    async take() {
      taken += 1;
      if (taken === until) stopping.abort();
      const flowSample = flowSampleOf([{ source: ten(0, 0, taken) }]);
      return { flowSample, limit: 10, unlisted: 0, durationSeconds: 0.5, endedMs: 1000 };
    },
  };
  const clocks = { clock: () => 3000, wallClock: () => Date.UTC(2030, 0, 1, 0, 0, 2) };
  const terminal = { write: (text: string) => void writes.push(text), isInteractive: true, columns: 80, rows: 50 };
  const look = flowSampleView(sampler, { node: 'node-1', by: config.by, ...clocks });
  await show(look, { ...CONFIG, ...config }, { terminal, signal: stopping.signal });
  return writes;
}

describe('show()', () => {
  it('prints a flow sample once', async () => {
    const [text, ...more] = await shown({}, 99);
    expect(text).toMatch(/^node node-1: 1 of 10 entries \(10\.0 %\)\n/);
    expect(more).toEqual([]);
  });

  it('redraws with --watch until it is told to end, and gives the cursor back', async () => {
    const writes = await shown({ watch: true }, 2);
    expect(writes).toHaveLength(3);
    expect(writes[0]).toContain('10.0.0.1');
    expect(writes[1]).toContain('\x1b[13A\r');
    expect(writes[1]).toContain('10.0.0.2');
    expect(writes[2]).toMatch(/\[\?25h$/);
  });

  it('prints JSON with every ranking, or the one that is asked for', async () => {
    const all = JSON.parse((await shown({ json: true }))[0]!);
    expect(all).toMatchObject({
      version: 1,
      node: 'node-1',
      at: '2030-01-01T00:00:00.000Z',
      ageSeconds: 2,
      durationSeconds: 0.5,
    });
    expect(all).toMatchObject({ table: { entries: 1, limit: 10, unlisted: 0 }, read: 1, isComplete: true });
    expect(Object.keys(all)).toEqual(expect.arrayContaining(['states', 'sources', 'destinations', 'prefixes']));
    expect(all.sources.top[0]).toMatchObject({ address: '10.0.0.1', share: 1, low: 1, high: 1, flows: 1 });
    const one = JSON.parse((await shown({ json: true, by: 'state' }))[0]!);
    expect(Object.keys(one)).not.toEqual(expect.arrayContaining(['sources']));
    expect(one.states).toHaveLength(1);
  });

  it('prints a line of JSON per flow sample with --watch', async () => {
    const writes = await shown({ json: true, watch: true }, 2);
    expect(writes.map((line) => JSON.parse(line).sources.top[0].address)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(writes.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  });
});
