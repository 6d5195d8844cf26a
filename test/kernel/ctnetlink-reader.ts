/** Run as a process of its own by ctnetlink.test.ts: `agree`, `noisy` or `unprivileged`, one JSON value on stdout. */
import { readdirSync, readFileSync } from 'node:fs';
import * as koffi from 'koffi';
import { CtnetlinkCounters } from '../../src/host/ctnetlink/counters.ts';
import { LIBC_NAMES, loadLibc } from '../../src/host/ctnetlink/libc.ts';
import { CtnetlinkSocket } from '../../src/host/ctnetlink/socket.ts';
import { hasNetAdmin } from '../../src/host/procfs/node-facts.ts';
import { describeError } from '../../src/model/operator-error.ts';

export type Row = Record<string, number>;
export type Agreement = { hasNetAdmin: boolean; ctnetlink: Row[]; procfs: Row[] };
export type Refusals = { hasNetAdmin: boolean; problems: unknown[]; descriptorsLeft: number };

const MAX_TRIES = 100;

/** Both sources in one moment: the text is the same before and after. */
async function agree(): Promise<Agreement> {
  const counters = new CtnetlinkCounters();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const before = statText();
    const ctnetlink = (await counters.read()).map((row): Row => Object.fromEntries(row));
    if (statText() !== before) continue;
    counters.close();
    return { hasNetAdmin: hasNetAdmin(), ctnetlink, procfs: rowsOf(before) };
  }
  throw new Error(`Cannot compare: the table moved in each of ${MAX_TRIES} tries`);
}

function statText(): string {
  return readFileSync('/proc/net/stat/nf_conntrack', 'utf8');
}

function rowsOf(text: string): Row[] {
  const [columns = [], ...lines] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return lines.map((fields) => Object.fromEntries(columns.map((name, i) => [name, Number.parseInt(fields[i]!, 16)])));
}

/** Libraries are loaded while still root: the new user may not be able to reach the checkout. */
async function unprivileged(): Promise<Refusals> {
  const libc = loadLibc();
  process.setgroups?.([]);
  process.setgid?.(65534);
  process.setuid?.(65534);
  const counters = new CtnetlinkCounters(() => new CtnetlinkSocket(libc));
  const before = descriptors();
  const problems: unknown[] = [];
  for (let tries = 0; tries < 50; tries += 1) problems.push(await problemOf(counters));
  return { hasNetAdmin: hasNetAdmin(), problems, descriptorsLeft: descriptors() - before };
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

async function problemOf(counters: CtnetlinkCounters): Promise<unknown> {
  try {
    return (await counters.read()).length;
  } catch (error) {
    return describeError(error);
  }
}

/** TCP packets to loopback that no tracker can take: each counts as `invalid`. */
function sendMalformed(packets: number): void {
  const libc = koffi.load(LIBC_NAMES[0]!);
  const sendto = libc.func('int64_t sendto(int, const void *, uint64_t, int, const void *, uint32_t)');
  const fd: number = libc.func('int socket(int, int, int)')(2, 3, 255); // AF_INET, SOCK_RAW, IPPROTO_RAW
  const loopback = [127, 0, 0, 1];
  const header = [0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, ...loopback, ...loopback]; // The kernel fills the checksum in.
  const packet = Uint8Array.from([...header, ...Array<number>(20).fill(0xff)]);
  const address = new Uint8Array(16);
  address.set([2, 0, 0, 0, ...loopback]);
  for (let i = 0; i < packets; i += 1) {
    if (sendto(fd, packet, packet.length, 0, address, address.length) < 0) throw new Error('Cannot send "packet"');
  }
  libc.func('int close(int)')(fd);
}

function answer(): Promise<unknown> {
  switch (process.argv[2]) {
    case 'noisy':
      sendMalformed(1000);
      return agree();
    case 'unprivileged':
      return unprivileged();
    default:
      return agree();
  }
}

process.stdout.write(JSON.stringify(await answer()));
