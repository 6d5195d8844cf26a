import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeNode } from '../../fake-node.ts';
import { Program } from '../../program.ts';
import { Listening } from '../server/listening.ts';

/** What two hundred who want to listen, of whom a part may, may cost the agent. */
const MOST_BYTES = 40 * 2 ** 20;

describe('two hundred who want to listen', () => {
  it('take a bounded share of memory, and no scrape is lost', async () => {
    await using node = await FakeNode.create({ limit: 200_000, entries: 20_000, counters: [{}] });
    await using program = new Program([
      `--path.procfs=${node.procRoot}`,
      '--web.listen-address=127.0.0.1:0',
      '--web.socket=',
    ]);
    const url = await program.url();
    const port = Number(new URL(url).port);
    const scrape = async () => {
      const answer = await fetch(`${url}/metrics`);
      return [answer.status, (await answer.text()).includes('\nconntrack_entries 20000\n')];
    };
    for (let i = 0; i < 20; i += 1) await scrape();
    const before = residentBytes(program.pid);

    const opened = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => Listening.open(port, { isReading: i % 2 === 0 })),
    );
    const clients = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    onTestFinished(() => {
      for (const client of clients) client.close();
    });
    const listening = clients.filter(({ answer }) => answer.statusCode === 200);
    expect(listening).toHaveLength(24); // As many as one origin may; the others are told so, or make room.
    for (let i = 0; i < 20; i += 1) {
      expect(await scrape()).toEqual([200, true]);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(listening.filter(({ isClosed }) => isClosed)).toEqual([]);
    const grown = residentBytes(program.pid) - before;
    process.stdout.write(`200 who want to listen, 24 who may: ${(grown / 2 ** 20).toFixed(1)} MiB more\n`);
    expect(grown).toBeLessThan(MOST_BYTES);
    expect((await program.stop()).code).toBe(0);
  });
});

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
