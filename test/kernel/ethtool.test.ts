import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { reachableScript } from '../reachable.ts';
import type { Found } from './ethtool-reader.ts';
import { labOfTest } from './lab/lab-of-test.ts';

const reader = () => [process.execPath, reachableScript(fileURLToPath(new URL('ethtool-reader.ts', import.meta.url)))];
const NOBODY = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
];

function driverOf(device: string): string | undefined {
  try {
    return basename(readlinkSync(`/sys/class/net/${device}/device/driver`));
  } catch {
    return undefined;
  }
}

describe('Ethtool', () => {
  it('reads the counters of a veth, for a user without any capability too, and none of loopback or of one that is gone', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'setpriv');
    const lab = await labOfTest();
    await lab.exec('node', 'ip', ['link', 'add', 'ifb9', 'numrxqueues', '3', 'type', 'ifb']);
    const [command = '', ...args] = [...NOBODY, ...reader(), 'lab0', 'ifb9', 'lo', 'gone0'];
    const found = JSON.parse(await lab.exec('node', command, args)) as Found;
    const [link] = JSON.parse(await lab.exec('node', 'ip', ['-json', 'link', 'show', 'lab0'])) as {
      link_index: number;
    }[];
    expect(found['lab0']!['peer_ifindex']).toBe(String(link!.link_index));
    expect(Object.keys(found['ifb9']!)).toEqual(expect.arrayContaining(['rx_queue_0_packets', 'tx_queue_0_packets']));
    expect([found['lo'], found['gone0']]).toEqual([{}, {}]);
  });

  it('reads the counters of a virtio device, which are not all 0', (context) => {
    needs(context, 'root');
    const device = ['eth0', 'ens3', 'enp1s0'].find((name) => driverOf(name) === 'virtio_net');
    if (device === undefined) {
      process.stdout.write(`skipped: ${context.task.name}: no interface of virtio_net\n`);
      return context.skip();
    }
    const [command = '', ...args] = [...reader(), device];
    const counters = (JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Found)[device]!;
    expect(Object.keys(counters)).toEqual(expect.arrayContaining([expect.stringMatching(/^rx_?0?_(packets|kicks)$/)]));
    expect(Object.values(counters).reduce((sum, value) => sum + Number(value), 0)).toBeGreaterThan(0);
  });
});
