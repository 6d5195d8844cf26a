/** The built program beside files that are not what their names promise. */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeNode } from './fake-node.ts';
import { makeFifo } from './fifo.ts';
import { Program } from './program.ts';

function flagsOf(node: FakeNode): string[] {
  return [`--path.procfs=${node.procRoot}`, '--web.listen-address=127.0.0.1:0', '--web.socket='];
}

describe('conntrack-agent serve', () => {
  it.each([
    ['entries', 'sys/net/netfilter/nf_conntrack_count'],
    ['counters', 'net/stat/nf_conntrack'],
  ])('goes on where the file of %s is a FIFO or endless, and says so', async (source, file) => {
    await using node = await FakeNode.create({ entries: 5, limit: 100 });
    const path = join(node.procRoot, file);
    rmSync(path);
    makeFifo(path);
    await using program = new Program(flagsOf(node));
    const url = await program.url();
    const line = await program.logged(new RegExp(`source is broken: ${source}`));
    expect(line['error']).toBe(`Cannot read "${path}": it is a FIFO, expected a regular file`);
    rmSync(path);
    symlinkSync('/dev/zero', path);
    await expect
      .poll(() => program.log.map(({ error }) => error), { timeout: 10_000 })
      .toContain(`Cannot read "${path}": it is a character device, expected a regular file`);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('\nconntrack_entries_limit 100\n');
    expect(Number(/^process_resident_memory_bytes (.*)$/m.exec(text)?.[1])).toBeLessThan(200e6);
  });

  it('does not wait for ever for its web configuration', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'unusual-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = makeFifo(join(folder, 'web.yml'));
    await using node = await FakeNode.create();
    const { code, stderr } = await new Program([...flagsOf(node), `--web.config.file=${path}`]).exited;
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Cannot read "${path}": it is a FIFO, expected`)]);
  });
});
