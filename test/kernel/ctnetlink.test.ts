import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as koffi from 'koffi';
import { afterEach, describe, expect, it } from 'vitest';
import { LIBC_NAMES, loadLibc } from '../../src/host/ctnetlink/libc.ts';
import { CtnetlinkSocket, DatagramSlots } from '../../src/host/ctnetlink/socket.ts';
import { encodeCpuStatsDump } from '../../src/netlink/cpu-stats.ts';
import { needs } from '../needs.ts';
import { decodeAll } from '../netlink/frames.ts';
import type { Agreement, Refusals } from './ctnetlink-reader.ts';

const READER = [process.execPath, '--import', 'tsx', fileURLToPath(new URL('ctnetlink-reader.ts', import.meta.url))];
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A rule that looks at `ct state` turns tracking on in the namespace. */
const TRACKING = `ip link set lo up && nft 'table inet t { chain c { type filter hook input priority 0; ct state new; }; }'`;

function json<T>([command, ...args]: readonly string[]): T {
  const { PATH = '' } = process.env;
  const env = { ...process.env, PATH: `${PATH}:/usr/sbin:/sbin` }; // Where Debian keeps ip and nft.
  return JSON.parse(execFileSync(command!, args, { cwd: ROOT, encoding: 'utf8', env, timeout: 60_000 }));
}

describe('CtnetlinkCounters', () => {
  it('agrees with /proc/net/stat/nf_conntrack row for row', (context) => {
    needs(context, 'root', 'conntrack');
    expectAgreement(json<Agreement>([...READER, 'agree']));
  });

  it('agrees with it in a network namespace whose counters are not zero', (context) => {
    needs(context, 'root', 'conntrack', 'unshare', 'ip', 'nft');
    const agreement = json<Agreement>([
      'unshare',
      '--net',
      'sh',
      '-c',
      `${TRACKING} && exec "$@"`,
      'sh',
      ...READER,
      'noisy',
    ]);
    expectAgreement(agreement);
    expect(agreement.ctnetlink.reduce((sum, { invalid }) => sum + invalid!, 0)).toBeGreaterThanOrEqual(1000);
  });

  it('tells a process without capabilities what to grant, each time, and leaves no descriptor behind', (context) => {
    needs(context, 'root', 'conntrack');
    const { hasNetAdmin, problems, descriptorsLeft } = json<Refusals>([...READER, 'unprivileged']);
    expect(hasNetAdmin).toBe(false);
    expect(new Set(problems.map((problem) => JSON.stringify(problem)))).toEqual(
      new Set([
        JSON.stringify({
          message: 'Cannot read counters from "ctnetlink": operation not permitted (EPERM)',
          remedy: 'Grant the agent CAP_NET_ADMIN, or use --collector.counters.via=procfs',
        }),
      ]),
    );
    expect(descriptorsLeft).toBe(0);
  });
});

function expectAgreement({ hasNetAdmin, ctnetlink, procfs }: Agreement): void {
  expect(hasNetAdmin).toBe(true);
  expect(ctnetlink.length).toBeGreaterThan(0);
  // /proc prints columns besides, among them `entries`, and some that are no counters any more.
  expect(procfs).toMatchObject(ctnetlink);
  expect(ctnetlink).toHaveLength(procfs.length);
}

describe('CtnetlinkSocket', () => {
  const open: CtnetlinkSocket[] = [];
  afterEach(() => {
    for (const socket of open.splice(0)) socket.close();
  });
  function opened(options?: { receiveBytes: number }): CtnetlinkSocket {
    const socket = new CtnetlinkSocket(loadLibc(), options);
    open.push(socket);
    return socket;
  }

  it('does not wait for an answer that nobody asked for', (context) => {
    needs(context, 'conntrack');
    expect(() => opened().receive()).toThrow('Cannot understand "ctnetlink": no answer came');
  });

  it('refuses a datagram that does not fit', async (context) => {
    needs(context, 'root', 'conntrack');
    const socket = opened({ receiveBytes: 64 });
    await socket.sendAsync(encodeCpuStatsDump(1));
    expect(() => socket.receive()).toThrow(/datagram of \d+ bytes, room for 64$/);
  });

  it('refuses a datagram that is not from the kernel', async (context) => {
    needs(context, 'root', 'conntrack');
    const socket = opened();
    await socket.sendAsync(encodeCpuStatsDump(1));
    while (!JSON.stringify(decodeAll(socket.receive())).includes('"done"'));
    sendFromElsewhere(ownPort(), encodeCpuStatsDump(1));
    expect(() => socket.receive()).toThrow(/datagram from port [1-9]\d*, wanted the kernel's 0$/);
  });

  it('fetches as many datagrams by one call as there are slots, in order and whole', async (context) => {
    needs(context, 'root', 'conntrack');
    const slots = new DatagramSlots(loadLibc(), 2, 64);
    const socket = opened();
    for (const sequence of [1, 2, 3]) await socket.sendAsync(encodeStatsRequest(sequence));
    const sequences = async () => (await socket.receiveManyAsync(slots)).map((datagram) => datagram.getUint32(8, true));
    expect([await sequences(), await sequences()]).toEqual([[1, 2], [3]]);
    await expect(sequences()).rejects.toThrow('no answer came');
  });

  it('refuses one of several that does not fit, or is not from the kernel', async (context) => {
    needs(context, 'root', 'conntrack');
    const [narrow, wide] = [new DatagramSlots(loadLibc(), 2, 32), new DatagramSlots(loadLibc(), 2, 64)];
    const socket = opened();
    await socket.sendAsync(encodeStatsRequest(1));
    await expect(socket.receiveManyAsync(narrow)).rejects.toThrow(/datagram of \d+ bytes, room for 32$/);
    await socket.sendAsync(encodeStatsRequest(2));
    sendFromElsewhere(ownPort(), encodeCpuStatsDump(1));
    await expect(socket.receiveManyAsync(wide)).rejects.toThrow(/datagram from port [1-9]\d*, wanted the kernel's 0$/);
  });

  it('says that a closed socket is closed', async (context) => {
    needs(context, 'conntrack');
    const socket = opened();
    socket.close();
    socket.close();
    await expect(socket.sendAsync(encodeCpuStatsDump(1))).rejects.toThrow(/^Cannot ask "ctnetlink": /);
  });
});

/** IPCTNL_MSG_CT_GET_STATS, which is answered at once by one datagram of 36 bytes. */
function encodeStatsRequest(sequence: number): Uint8Array {
  const request = new DataView(new ArrayBuffer(20));
  request.setUint32(0, 20, true);
  request.setUint16(4, (1 << 8) | 5, true);
  request.setUint16(6, 1, true);
  request.setUint32(8, sequence, true);
  return new Uint8Array(request.buffer);
}

/** The port the kernel gave the one netfilter socket of this process. */
function ownPort(): number {
  const inodes = readdirSync('/proc/self/fd').map(socketInode);
  for (const line of readFileSync('/proc/net/netlink', 'utf8').split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[1] === '12' && inodes.includes(fields.at(-1))) return Number(fields[2]);
  }
  throw new Error('Cannot find "the netlink socket of this process": not in /proc/net/netlink');
}

function socketInode(fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    return undefined; // The descriptor of readdir itself, closed by now.
  }
}

/** Puts a datagram into the queue of another socket, as any root process of the machine could. */
function sendFromElsewhere(port: number, bytes: Uint8Array): void {
  const libc = koffi.load(LIBC_NAMES[0]!);
  const sendto = libc.func('int64_t sendto(int, const void *, uint64_t, int, const void *, uint32_t)');
  const fd: number = libc.func('int socket(int, int, int)')(16, 3, 12);
  const address = Uint32Array.of(16, port, 0);
  const sent = sendto(fd, bytes, bytes.length, 0, address, address.byteLength);
  libc.func('int close(int)')(fd);
  expect(sent).toBe(bytes.length);
}
