/** The built program with no descriptor left. */
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeNode } from './fake-node.ts';
import { Program } from './program.ts';
import { RawConnection } from './web/raw-connection.ts';

const DESCRIPTORS = 64;

describe('conntrack-agent serve', () => {
  it('answers a scrape without what it cannot read, and tells how many descriptors it may have', async () => {
    await using node = await FakeNode.create({ entries: 5, limit: 100 });
    const flags = [`--path.procfs=${node.procRoot}`, '--web.listen-address=127.0.0.1:0', '--web.socket='];
    await using program = new Program(flags, { descriptors: DESCRIPTORS });
    const { hostname: host, port } = new URL(await program.url());
    const scraper = await RawConnection.open({ host, port: Number(port) });
    expect(await scraper.get('/metrics')).toBe(200);
    for (let taken = 0; taken < DESCRIPTORS; taken += 1) {
      const idle = connect(Number(port), host).on('error', () => undefined);
      onTestFinished(() => void idle.destroy());
    }
    const used = () => readdirSync(`/proc/${program.pid}/fd`).length;
    await expect.poll(used, { timeout: 10_000 }).toBeGreaterThanOrEqual(DESCRIPTORS);
    const scrape = async () => {
      expect(await scraper.get('/metrics')).toBe(200);
      return scraper.received.slice(scraper.received.lastIndexOf('HTTP/1.1'));
    };
    // What the process uses is read once a second.
    await expect.poll(scrape, { timeout: 10_000 }).not.toMatch(/^process_resident_memory_bytes /m);
    const text = await scrape();
    expect(text).toContain('\nconntrack_entries 5\n');
    expect(text).toMatch(/^process_cpu_seconds_total \d/m);
    expect(text).toMatch(/^process_open_fds 6\d$/m);
    expect(text).toContain(`\nprocess_max_fds ${DESCRIPTORS}\n`);
  });
});
