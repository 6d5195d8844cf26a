/** Real traffic of every kind the kernel tracks, between both sides of a lab, that leaves each flow in a known state. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ADDRESS, type Lab, type Side } from './lab/namespaces.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RAW_PACKET = fileURLToPath(new URL('./lab/raw-packet.ts', import.meta.url));
const ADDRESS6 = { node: 'fd97::1', peer: 'fd97::2' } as const;

/** Long enough that nothing runs out while it is compared. */
const TIMEOUTS = [
  ...['syn_sent', 'syn_recv', 'fin_wait', 'close_wait', 'last_ack', 'time_wait', 'close'].map(
    (it) => `tcp_timeout_${it}`,
  ),
  ...['udp_timeout', 'udp_timeout_stream', 'icmp_timeout', 'icmpv6_timeout', 'generic_timeout', 'gre_timeout'],
  ...['closed', 'cookie_wait', 'established', 'heartbeat_sent'].map((it) => `sctp_timeout_${it}`),
];

/** The peer loses what would end a state. It has no rule that looks at connections, so it goes on tracking none. */
const PEER_RULES = `table inet loss {
  chain input {
    type filter hook input priority 0
    tcp dport 7102 drop
    tcp sport 7103 tcp flags & (syn | ack) == (syn | ack) drop
    tcp sport { 7104, 7106 } tcp flags & fin == fin drop
    icmp type echo-request drop
  }
}`;

/** A FIN that is sent again would make LAST_ACK of FIN_WAIT, so the second is lost before it is tracked. */
const NODE_RULES = `table inet rules {
  chain before {
    type filter hook prerouting priority raw
    udp dport 7700 ct zone set 5
    udp dport 7701 ct original zone set 6
  }
  chain replies {
    type filter hook output priority raw
    udp sport 7700 ct zone set 5
    tcp sport 7104 tcp flags & fin == fin limit rate over 1/hour burst 1 packets drop
  }
  chain marks {
    type filter hook input priority 10
    udp dport 7600 ct mark set 0xdeadbeef
  }
}
table ip nat {
  chain in {
    type nat hook prerouting priority dstnat
    tcp dport 7443 dnat to ${ADDRESS.node}:7101
  }
  chain out {
    type nat hook postrouting priority srcnat
    udp dport 7553 snat to 10.98.0.7
  }
}
table ip6 nat {
  chain in {
    type nat hook prerouting priority dstnat
    tcp dport 7443 dnat to [${ADDRESS6.node}]:7101
  }
}`;

/** Answers or keeps silent by port. */
const SERVER = `
  const net = require('net'), dgram = require('dgram');
  const behave = {
    7101: () => {}, 7103: () => {}, 7105: () => {}, 7108: () => {},
    7104: (socket) => socket.end(),
    7106: (socket) => socket.on('end', () => setTimeout(() => socket.end(), 300)),
    7107: (socket) => socket.on('end', () => socket.end()),
  };
  for (const [port, act] of Object.entries(behave)) {
    net.createServer({ allowHalfOpen: true }, (socket) => act(socket.on('error', () => {}).resume())).listen(Number(port), '::');
  }
  for (const port of [7201, 7202, 7553, 7600, 7700, 7701]) {
    const socket = dgram.createSocket('udp6');
    if (port !== 7202) socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
    socket.bind(port, '::');
  }
  setTimeout(() => console.log('listening'), 200);`;

/** One TCP connection per state and UDP flow per kind; a UDP flow that goes on for over two seconds is assured. */
const CLIENT = `
  const net = require('net'), dgram = require('dgram');
  const [four, six] = process.argv.slice(1);
  const connect = (port, act = () => {}, host = four) => {
    const socket = net.connect({ port, host, allowHalfOpen: true }, () => setTimeout(act, 100, socket));
    socket.on('error', () => {}).resume();
  };
  const end = (socket) => socket.end();
  for (const port of [7101, 7103, 7104, 7443]) connect(port);
  for (const port of [7105, 7106, 7107]) connect(port, end);
  connect(7108, (socket) => socket.resetAndDestroy());
  for (const port of [7101, 7443]) connect(port, undefined, six);
  const say = (type, port, host) => {
    const socket = dgram.createSocket(type);
    const send = () => socket.send('.', port, host);
    send();
    return send;
  };
  for (const port of [7201, 7202, 7600, 7700, 7701]) say('udp4', port, four);
  say('udp6', 7201, six);
  const again = say('udp4', 7201, four);
  for (const ms of [1200, 2400, 2600]) setTimeout(again, ms);
  setTimeout(() => console.log('said'), 3000);`;

/** From the node: a connection that is never answered, and a question under another source address. */
const NODE_CLIENT = `
  require('net').connect(7102, '${ADDRESS.peer}').on('error', () => {});
  require('dgram').createSocket('udp4').send('.', 7553, '${ADDRESS.peer}');
  setTimeout(() => console.log('said'), 300);`;

/** Type, code, checksum 0xf7ff - id - sequence, id, sequence: RFC 792. Of ICMPv6 the kernel puts the checksum in. */
const ECHO = '0800e68f116f0001';
const ECHO6 = '8000000011700001';

/** An SCTP packet of one chunk, RFC 9260: no checksum, which the node is told not to look at. */
function sctp(from: number, to: number, tag: number, chunk: string): string {
  const word = (value: number, bytes: number) => value.toString(16).padStart(2 * bytes, '0');
  return `${word(from, 2)}${word(to, 2)}${word(tag, 4)}00000000${chunk}`;
}
/** Tag, window, streams and first number of the sender; the answer carries the tag back. */
const INIT = '01000014000000010001000000010001000000aa';
const INIT_ACK = '02000014000000020001000000010001000000bb';
const COOKIE_ECHO = '0a000008c0c0c0c0';
const COOKIE_ACK = '0b000004';
const HEARTBEAT = '0400000c0001000800000000';

const [SCTP, GRE, UDPLITE, NO_TRACKER] = [132, 47, 136, 99];

type Packet = readonly [to: string, protocol: number, bytes: string];

/** One side after the other: echo requests, and what the kernel has no sockets for. */
const ROUNDS: readonly (readonly [Side, readonly Packet[]])[] = [
  [
    'node',
    [
      [ADDRESS.peer, 1, ECHO],
      [ADDRESS.peer, GRE, '0000080045000000'],
      [ADDRESS.peer, UDPLITE, '0d050d0600080001'],
      [ADDRESS.peer, NO_TRACKER, '00'],
      [ADDRESS.peer, SCTP, sctp(11, 12, 1, HEARTBEAT)],
      ...[9, 13, 15].map((port): Packet => [ADDRESS.peer, SCTP, sctp(port, port + 1, 0, INIT)]),
    ],
  ],
  [
    'peer',
    [
      [ADDRESS.node, 1, ECHO],
      [ADDRESS6.node, 58, ECHO6],
      ...[13, 15].map((port): Packet => [ADDRESS.node, SCTP, sctp(port + 1, port, 1, INIT_ACK)]),
    ],
  ],
  ['node', [[ADDRESS.peer, SCTP, sctp(15, 16, 2, COOKIE_ECHO)]]],
  ['peer', [[ADDRESS.node, SCTP, sctp(16, 15, 1, COOKIE_ACK)]]],
];

const KINDS: Readonly<Record<string, RegExp>> = {
  'TCP SYN_SENT': /tcp 6 SYN_SENT src=10\.97\.0\.1 .*dport=7102 \[UNREPLIED\]/,
  'TCP SYN_RECV': /tcp 6 SYN_RECV .*dport=7103 /,
  'TCP ESTABLISHED': /tcp 6 ESTABLISHED .*dport=7101 .*\[ASSURED\]/,
  'TCP FIN_WAIT': /tcp 6 FIN_WAIT .*dport=7104 /,
  'TCP CLOSE_WAIT': /tcp 6 CLOSE_WAIT .*dport=7105 /,
  'TCP LAST_ACK': /tcp 6 LAST_ACK .*dport=7106 /,
  'TCP TIME_WAIT': /tcp 6 TIME_WAIT .*dport=7107 /,
  'TCP CLOSE': /tcp 6 CLOSE .*dport=7108 /,
  'UDP replied': /udp 17 src=10\.97\.0\.2 dst=10\.97\.0\.1 sport=\d+ dport=7201 src=.* dport=\d+ mark/,
  'UDP assured': /udp 17 .*dport=7201 .*\[ASSURED\]/,
  'UDP unreplied': /udp 17 .*dport=7202 \[UNREPLIED\]/,
  'ICMP replied': /icmp 1 src=10\.97\.0\.2 dst=10\.97\.0\.1 type=8 code=0 id=4463 src/,
  'ICMP unreplied': /icmp 1 src=10\.97\.0\.1 dst=10\.97\.0\.2 type=8 code=0 id=4463 \[UNREPLIED\]/,
  ICMPv6: /icmpv6 58 src=fd97::2 dst=fd97::1 type=128 code=0 id=4464 src/,
  'SCTP CLOSED': /sctp 132 CLOSED .*sport=9 dport=10 /,
  'SCTP COOKIE_WAIT': /sctp 132 COOKIE_WAIT .*sport=13 dport=14 /,
  'SCTP ESTABLISHED': /sctp 132 ESTABLISHED .*sport=15 dport=16 /,
  'SCTP HEARTBEAT_SENT': /sctp 132 HEARTBEAT_SENT .*sport=11 dport=12 /,
  GRE: /gre 47 src=10\.97\.0\.1 /,
  'UDP-Lite': /udplite 136 .*sport=3333 dport=3334 /,
  'a protocol without a tracker': /unknown 99 src=10\.97\.0\.1 /,
  DNAT: /dst=10\.97\.0\.1 sport=\d+ dport=7443 src=10\.97\.0\.1 dst=10\.97\.0\.2 sport=7101 /,
  'DNAT of IPv6': /dst=fd97::1 sport=\d+ dport=7443 src=fd97::1 dst=fd97::2 sport=7101 /,
  SNAT: /src=10\.97\.0\.1 dst=10\.97\.0\.2 sport=\d+ dport=7553 src=10\.97\.0\.2 dst=10\.98\.0\.7 /,
  'a mark': /dport=7600 .*mark=3735928559/,
  'a zone': /dport=7700 src=.*zone=5/,
  'a zone of one direction': /dport=7701 zone-orig=6 src/,
  'TCP over IPv6': /ipv6 10 tcp 6 ESTABLISHED .*dport=7101 /,
  'UDP over IPv6': /ipv6 10 udp 17 .*dport=7201 /,
};

const hasSysctl = (name: string) => existsSync(`/proc/sys/net/netfilter/nf_conntrack_${name}`);

/** What the listing must have after `makeTraffic`, at least once each; says which of it this kernel does not track. */
export function kindsOfTraffic(): [kind: string, line: RegExp][] {
  const trackers = { SCTP: hasSysctl('sctp_timeout_closed'), GRE: hasSysctl('gre_timeout') };
  const missing = Object.entries(trackers).flatMap(([name, isThere]) => (isThere ? [] : [name]));
  for (const name of missing) process.stdout.write(`skipped: ${name}: this kernel has no tracker of it\n`);
  return Object.entries(KINDS).filter(([kind]) => !missing.some((name) => kind.startsWith(name)));
}

/** Returns when every flow is where it stays. */
export async function makeTraffic(lab: Lab): Promise<void> {
  await lab.writeSysctl('node', 'net/netfilter/nf_conntrack_checksum', 0);
  for (const name of TIMEOUTS.filter(hasSysctl))
    await lab.writeSysctl('node', `net/netfilter/nf_conntrack_${name}`, 300);
  for (const side of ['node', 'peer'] as const) {
    await lab.exec(side, 'ip', ['address', 'add', `${ADDRESS6[side]}/64`, 'dev', 'lab0', 'nodad']);
  }
  await lab.exec('peer', 'nft', ['-f', '-'], { input: PEER_RULES });
  await lab.exec('node', 'nft', ['-f', '-'], { input: NODE_RULES });
  for (const side of ['node', 'peer'] as const) {
    await lab.spawnIn(side, process.execPath, ['-e', SERVER]).waitFor(/listening/);
  }
  const clients = [
    lab.spawnIn('peer', process.execPath, ['-e', CLIENT, ADDRESS.node, ADDRESS6.node]),
    lab.spawnIn('node', process.execPath, ['-e', NODE_CLIENT]),
  ];
  for (const [side, packets] of ROUNDS) {
    await lab.exec(side, process.execPath, ['--import', 'tsx', RAW_PACKET, ...packets.flat().map(String)], {
      cwd: ROOT,
    });
  }
  await Promise.all(clients.map((client) => client.waitFor(/said/)));
  await sleep(500);
}
