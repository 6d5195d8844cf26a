/** The built program and the signal that has Node open its debugger, which whoever connects to it may run code through. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FakeNode } from './fake-node.ts';
import { Program } from './program.ts';

/** TCP ports that a process listens on: its sockets among those in state LISTEN (0A) of /proc/net/tcp and tcp6. */
function portsOf(pid: number): number[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  const rows = ['tcp', 'tcp6'].flatMap((file) => readFileSync(`/proc/${pid}/net/${file}`, 'utf8').split('\n'));
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    return state === '0A' && links.includes(`socket:[${inode}]`) ? [Number.parseInt(local.split(':')[1]!, 16)] : [];
  });
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // Closed since the folder was read.
  }
}

describe('SIGUSR1', () => {
  it('opens no port of the running agent, which goes on', async () => {
    await using node = await FakeNode.create({ entries: 5 });
    await using program = new Program([
      `--path.procfs=${node.procRoot}`,
      '--web.listen-address=127.0.0.1:0',
      '--web.socket=',
    ]);
    const url = await program.url();
    const before = portsOf(program.pid);
    expect(before).toEqual([Number(new URL(url).port)]);
    for (let times = 0; times < 3; times += 1) {
      program.signal('SIGUSR1');
      await sleep(300);
    }
    expect(portsOf(program.pid)).toEqual(before);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('\nconntrack_entries 5\n');
  });
});
