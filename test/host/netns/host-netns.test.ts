import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { addressesOfFibTrie, interfaceNames, readNetnsCheck } from '../../../src/host/netns/host-netns.ts';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { FakeNode } from '../../fake-node.ts';

const procOf = (node: string) =>
  new ProcFs(fileURLToPath(new URL(`../../fixtures/nodes/${node}/proc`, import.meta.url)));

const FIB_TRIE = `Main:
  +-- 0.0.0.0/0 2 0 2
     |-- 192.0.2.0
        /24 link UNICAST
Local:
  +-- 192.0.2.0/24 2 0 2
     |-- 192.0.2.77
        /32 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
`;

describe('addressesOfFibTrie()', () => {
  it('are the local ones, not networks and broadcasts', () => {
    expect(addressesOfFibTrie(FIB_TRIE)).toEqual(['192.0.2.77']);
  });

  it('are all of 10,000 addresses', () => {
    const leaf = (i: number) => `  |-- 10.0.${i >> 8}.${i & 255}\n     /32 host LOCAL\n`;
    const text = Array.from({ length: 10_000 }, (_, i) => leaf(i)).join('');
    expect(addressesOfFibTrie(text)).toHaveLength(10_000);
  });
});

describe('interfaceNames()', () => {
  it('come without the header lines', () => {
    const text = 'Inter-|   Receive  |\n face |bytes    packets|\n    lo: 5 0\nwlan0:7 0\n  eth0: 1 2\n';
    expect(interfaceNames(text)).toEqual(['lo', 'wlan0', 'eth0']);
  });
});

describe('readNetnsCheck()', () => {
  it("is true where the node's PID 1 names our interfaces", () => {
    expect(readNetnsCheck(procOf('linux-6.18'), undefined).inHostNetns).toBe(true);
  });

  it("is false where the node's PID 1 names others, and says why", () => {
    const check = readNetnsCheck(procOf('foreign-namespace'), undefined);
    expect(check).toEqual({ inHostNetns: false, why: "the node's PID 1 is in another network namespace" });
  });

  it('takes an address on a local interface for a proof', () => {
    const local = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])[0]!;
    expect(readNetnsCheck(procOf('foreign-namespace'), local.address).inHostNetns).toBe(true);
  });

  it('takes an address that is on no local interface for no proof of the contrary', async () => {
    expect(readNetnsCheck(procOf('linux-6.18'), '192.0.2.1').inHostNetns).toBe(true);
    await using node = await FakeNode.create();
    node.remove('1');
    expect(readNetnsCheck(new ProcFs(node.procRoot), '192.0.2.1')).toEqual({
      inHostNetns: undefined,
      why: "the node's address 192.0.2.1 is not on a local interface, which proves nothing by itself",
    });
  });

  it.each([
    ['192.0.2.77', 'net/fib_trie', FIB_TRIE],
    ['2001:db8::7', 'net/if_inet6', '20010db8000000000000000000000007 02 40 00 80     eth0\n'],
  ])('finds %s on an interface without carrier, in %s', async (address, path, text) => {
    await using node = await FakeNode.create();
    node.remove('1');
    node.write(path, text);
    expect(readNetnsCheck(new ProcFs(node.procRoot), address).inHostNetns).toBe(true);
  });

  it('takes the ways to write one IPv6 address for the same', ({ skip }) => {
    const local = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    if (!local.some(({ address }) => address === '::1')) skip('needs ::1 on the loopback interface');
    expect(readNetnsCheck(procOf('foreign-namespace'), '0:0:0:0:0:0:0:1').inHostNetns).toBe(true);
  });

  it('cannot tell where PID 1 is not to be seen', async () => {
    await using node = await FakeNode.create();
    node.remove('1');
    expect(readNetnsCheck(new ProcFs(node.procRoot), undefined).inHostNetns).toBeUndefined();
  });

  it('cannot tell without a descriptor to ask with, and says so', () => {
    const { href } = new URL('../../../src/host/netns/host-netns.ts', import.meta.url);
    const script = `
      import { openSync } from 'node:fs';
      import { readNetnsCheck } from '${href}';
      const exhaust = () => { for (;;) openSync('/dev/null'); };
      let check;
      try { exhaust(); } catch { check = readNetnsCheck(undefined, '127.0.0.1'); }
      process.stdout.write(JSON.stringify(check));`;
    const limited = 'ulimit -n 100; exec "$0" --import tsx --input-type=module -e "$1"';
    const check = execFileSync('sh', ['-c', limited, process.execPath, script], { encoding: 'utf8' });
    expect(JSON.parse(check)).toEqual({ why: expect.stringContaining('uv_interface_addresses') });
  });
});
