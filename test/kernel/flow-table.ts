/** Tables for the flow sample: what goes in through conntrack, and what conntrack lists, in the shape of its `-o extended`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stateName } from '../../src/analysis/flows/states.ts';
import type { PlainFlow } from '../netlink/flow-frames.ts';
import type { Lab } from './lab/namespaces.ts';

const TCP_STATES = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT'];
const BETWEEN = '-s 10.1.0.1 -d 10.2.0.1';
const SEEN = '-u SEEN_REPLY';

/** A flow of every kind that `conntrack -I` can make. */
export const EVERY_KIND: readonly string[] = [
  ...[...TCP_STATES, 'CLOSE', 'LISTEN'].map(
    (state, i) => `${BETWEEN} -p tcp --sport ${i + 1} --dport 443 --state ${state}`,
  ),
  `${BETWEEN} -p tcp --sport 65535 --dport 1 --state ESTABLISHED -u SEEN_REPLY,ASSURED`,
  `${BETWEEN} -p udp --sport 53 --dport 5353 -m 4294967295`,
  `${BETWEEN} -p udp --sport 54 --dport 5353 ${SEEN} -m 1`,
  `${BETWEEN} -p udp --sport 53 --dport 5353 -w 7`,
  `${BETWEEN} -p udp --sport 55 --dport 5353 --orig-zone 8`,
  `${BETWEEN} -p udp --sport 56 --dport 5353 --reply-zone 9`,
  `${BETWEEN} -p udplite --sport 56 --dport 5353`,
  `${BETWEEN} -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 4711`,
  `${BETWEEN} -p sctp --sport 9 --dport 10 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 ${SEEN}`,
  `${BETWEEN} -p gre --srckey 0x111 --dstkey 0x222`,
  `${BETWEEN} -p tcp --sport 70 --dport 443 --state ESTABLISHED -u SEEN_REPLY,ASSURED -g 10.3.0.9:6443`,
  `${BETWEEN} -p tcp --sport 71 --dport 443 --state ESTABLISHED -u SEEN_REPLY,ASSURED -n 192.0.2.1:7777`,
  '-s fd00::1 -d fd00:0:0:2::7 -p icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 4712',
  '-s fd00::1 -d fd00::2 -p tcp --sport 1 --dport 65535 --state CLOSE_WAIT -u SEEN_REPLY,ASSURED',
  '-s fd00::1 -d fd00::2 -p udp --sport 1 --dport 53 -g [fd00::9]:53',
].map((flow) => `-I -t 500 ${flow}\n`);

/** The i-th address of a net, in a prefix of its own. */
const addressOf = (isIpv4: boolean, net: number, i: number) => {
  return isIpv4 ? `10.${net + (i >> 8)}.${i & 255}.1` : `fd00:${net.toString(16)}:${i.toString(16)}::1`;
};

const SCTP_STATES = ['NONE', 'CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED', 'SHUTDOWN_SENT', 'SHUTDOWN_RECD'];

/** What a flow of each protocol, state and direction has besides addresses and ports. */
const KINDS: readonly string[] = [
  ...[...TCP_STATES, 'CLOSE', 'LISTEN'].map((state) => `-p tcp --state ${state}`),
  ...[...SCTP_STATES, 'SHUTDOWN_ACK_SENT'].map((state) => `-p sctp --orig-vtag 1 --reply-vtag 2 --state ${state}`),
  ...['udp', 'udplite'].flatMap((protocol) => ['', SEEN].map((status) => `-p ${protocol} ${status}`)),
];
const TRANSLATED_KINDS = [
  '-p tcp --state ESTABLISHED',
  '-p udp',
  '-p sctp --orig-vtag 1 --reply-vtag 2 --state ESTABLISHED',
];

/**
 * A flow of every protocol and state in both families, each from another source and prefix to another destination and port; two
 * of three translated, each to an address of its own. @param nth another number makes other flows
 */
export function hostileFlows(count: number, { nth = 0, timeoutSeconds = 600 } = {}): string[] {
  return Array.from({ length: count }, (_, i) => {
    const isIpv4 = i % 2 === 0;
    const ports = `--sport ${1 + nth * 1000 + (i % 1000)} --dport ${1 + i}`;
    const between = `-s ${addressOf(isIpv4, 0, i)} -d ${addressOf(isIpv4, 64, i)}`;
    const nat = i % 3 === 0 ? '' : `-n ${natTarget(addressOf(isIpv4, 128, i), 20_000 + nth)}`;
    return `-I -t ${timeoutSeconds} ${KINDS[(i >> 1) % KINDS.length]} ${between} ${ports} ${nat}\n`;
  });
}

/** So many addresses, of which source NAT has given out 100 ports to one service: each in use, by clients with ports of every class. */
export function portsInUse(addresses: number): string[] {
  return Array.from({ length: addresses * 100 }, (_, i) => {
    const [address, port] = [Math.floor(i / 100), i % 100];
    const isIpv4 = address % 2 === 0;
    const between = `-s ${addressOf(isIpv4, 192, i)} -d ${addressOf(isIpv4, 63, address)}`;
    const ports = `--sport ${[40_000, 100, 700][i % 3]} --dport ${443 + address}`;
    const nat = `-n ${natTarget(addressOf(isIpv4, 62, address), 30_000 + port)}`;
    return `-I -t 600 ${TRANSLATED_KINDS[address % 3]} ${SEEN} ${between} ${ports} ${nat}\n`;
  });
}

function natTarget(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export async function load(lab: Lab, flows: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-flow-sample-'));
  const file = join(folder, 'flows');
  try {
    await writeFile(file, flows.join(''));
    await lab.exec('node', 'conntrack', ['--load-file', file], { timeoutMs: 120_000 });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What `conntrack -L -o extended` lists, without the timeouts, which run on meanwhile. */
export async function listed(lab: Lab, ...filter: string[]): Promise<string[]> {
  const text = await lab.exec('node', 'conntrack', ['-L', '-o', 'extended', ...filter]);
  return text.trim().split('\n').map(withoutTimeout);
}

function withoutTimeout(line: string): string {
  return line
    .trim()
    .split(/\s+/)
    .filter((_, i) => i !== 4)
    .join(' ');
}

/** What conntrack lists of a flow and the decoder skips. */
const SKIPPED = new Set(['type', 'code', 'id', 'zone-orig', 'zone-reply', 'zone', 'mark', 'use']);

export function isDecoded(field: string): boolean {
  return !SKIPPED.has(field);
}

/** The rest of the lines, in an order of its own. */
export function decodedPart(lines: readonly string[]): string[] {
  const words = (line: string) => line.split(' ').filter((word) => isDecoded(word.split('=')[0]!));
  return lines.map((line) => words(line).join(' ')).sort();
}

/** Protocols that conntrack knows by name. */
export const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  58: 'icmpv6',
  132: 'sctp',
  136: 'udplite',
};

/** One flow as conntrack would list it, but for what the decoder skips. */
export function lineOf({ family, status, original, reply, ...rest }: PlainFlow): string {
  const protocol = NAMES[original.protocol] ?? 'unknown';
  const state = 'state' in rest ? [stateName(protocol, Number(rest['state'])).toUpperCase()] : [];
  return [
    family === 2 ? 'ipv4 2' : 'ipv6 10',
    `${protocol} ${original.protocol}`,
    ...state,
    ...tupleWords(original),
    ...((status & 2) === 0 ? ['[UNREPLIED]'] : []),
    ...tupleWords(reply),
    ...((status & 4) === 0 ? [] : ['[ASSURED]']),
  ].join(' ');
}

function tupleWords({ source, destination, protocol, ...rest }: PlainFlow['original']): string[] {
  const addresses = [`src=${source}`, `dst=${destination}`];
  const { sourcePort, destinationPort } = rest as Record<string, number>;
  if (sourcePort === undefined && destinationPort === undefined) return addresses;
  if (protocol !== 47) return [...addresses, `sport=${sourcePort}`, `dport=${destinationPort}`];
  return [...addresses, `srckey=0x${sourcePort?.toString(16)}`, `dstkey=0x${destinationPort?.toString(16)}`];
}

/** So many UDP flows of sources whose shares differ a hundredfold; tuples are new in each run, since the hash key is not. */
export function sampledTable(flows: number, sources: number): { lines: string[]; shares: Map<string, number> } {
  const counts = new Map<string, number>();
  const lines = Array.from({ length: flows }, (_, i) => {
    const index = Math.floor(Math.random() ** 2 * sources);
    const source = `10.7.${index >> 8}.${index & 255}`;
    counts.set(source, (counts.get(source) ?? 0) + 1);
    const ports = `--sport ${1 + (i % 60_000)} --dport ${1 + Math.floor(Math.random() * 65_000)}`;
    return `-I -t 600 -s ${source} -d 10.8.${i % 250}.${Math.floor(i / 60_000)} -p udp ${ports}\n`;
  });
  return { lines, shares: new Map(Array.from(counts, ([source, count]) => [source, count / flows])) };
}
