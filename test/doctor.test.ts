import { readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeNode, type FakeNodeOptions } from './fake-node.ts';
import { needs } from './needs.ts';
import { Program, type ProgramOptions } from './program.ts';

async function examine(node: FakeNodeOptions, options?: ProgramOptions) {
  await using fake = await FakeNode.create(node);
  return await new Program(['doctor', `--path.procfs=${fake.procRoot}`, '--node.name=n1'], options).exited;
}

/** Names of the files a process has open. */
function openFilesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return basename(readlinkSync(`${folder}/${fd}`));
    } catch {
      return []; // Closed since it was listed.
    }
  });
}

describe.concurrent('conntrack-agent doctor', () => {
  it('ends with 0 on a node that is well', async () => {
    const { code, stdout, stderr } = await examine({ fixture: 'rhel8-4.18' });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^node n1, Linux 4\.18\.0-80\.el8\.x86_64, /);
    expect(stdout).toMatch(/\n0 critical, 0 warning, \d ok\n$/);
  });

  it('ends with 1 on a node whose table is high', async () => {
    const { code, stdout } = await examine({ entries: 120_000, limit: 131_072 });
    expect(code).toBe(1);
    expect(stdout).toContain('WARNING   The table is high\n');
  });

  it('ends with 2 on a full one', async () => {
    const { code, stdout } = await examine({ entries: 131_072, limit: 131_072 });
    expect(code).toBe(2);
    expect(stdout).toContain('CRITICAL  The table is full, nothing dropped yet\n');
    expect(stdout).toContain('\nsysctl -w net.netfilter.nf_conntrack_max=262144\n');
  });

  it('sees what comes and goes while it looks', async () => {
    await using node = await FakeNode.create({ entries: 5, limit: 1000, counters: [{ drop: 1 }] });
    const program = new Program(['doctor', `--path.procfs=${node.procRoot}`, '--sample.interval=20ms']);
    // The first reading opens the file; the look goes on for three seconds.
    await expect
      .poll(() => openFilesOf(program.pid), { timeout: 20_000, interval: 10 })
      .toContain('nf_conntrack_count');
    await pause(500); // Until it has read all of it.
    node.set({ entries: 1000, counters: [{ drop: 2 }] });
    await pause(500);
    node.set({ entries: 5 });
    const { code, stdout } = await program.exited;
    expect(code).toBe(2);
    expect(stdout).toMatch(/at worst 1,000 \(100 %\)/);
    expect(stdout).toContain('Packets are dropped because the table is full');
  });

  it('writes no colours into a pipe', async () => {
    expect((await examine({ fixture: 'count-above-limit' })).stdout).not.toContain('\u001b');
  });

  it('needs no privilege on the real kernel, and says what more it could tell with one', async (context) => {
    needs(context, 'root', 'nf_conntrack');
    const { code, stdout, stderr } = await new Program(['doctor'], { uid: 65_534 }).exited;
    expect([0, 1, 2]).toContain(code);
    expect(stderr).toBe('');
    expect(stdout).toContain('CAP_NET_ADMIN');
  });

  it('does not judge a procfs that is not there', async () => {
    const { code, stdout, stderr } = await new Program(['doctor', '--path.procfs=/nowhere']).exited;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('Cannot read "/nowhere": there is no such folder');
  });

  it('tells mistakes in flags with 2 and nothing on stdout', async () => {
    const { code, stdout, stderr } = await new Program(['doctor', '--sample.interval=1ms', 'now']).exited;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('"now": unexpected argument, the command is "doctor"');
  });
});

function pause(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms);
  });
}
