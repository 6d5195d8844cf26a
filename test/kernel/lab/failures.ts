/** Insertions of the node that fail although its table is nearly empty: for want of NAT ports, and in a race. */
import { fileURLToPath } from 'node:url';
import { ADDRESS, type Lab } from './namespaces.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const RACER = fileURLToPath(new URL('./racer.ts', import.meta.url));

/** Ports that source NAT may use to PORTS_SERVICE. */
export const NAT_PORTS = 100;
const FIRST_PORT = 30_000;
const FIRST_SOURCE_PORT = 31_000;
const SOURCE_PORTS = 30_000;
const PORTS_SERVICE = 5353;
const RACE_SERVICE = 7777;
/** To this service source NAT has three ports. */
const FEW_PORTS = 3;
export const FEW_PORTS_SERVICE = 5454;
/** A second address of the node, which source NAT translates to the first for every protocol without ports. */
const SECOND_ADDRESS = '10.97.0.11';
/** Rules that every packet is held against between the lookup of its entry and the insertion: time for another packet. */
const RULES_BETWEEN = 5000;
const TIMES = 50;
const MAX_ROUNDS = 40;

/** Source NAT with few ports for UDP to one service, and a long way through the rules for TCP to another. */
export async function makeRoomForFailures(lab: Lab): Promise<void> {
  const between = Array.from({ length: RULES_BETWEEN }, (_, i) => `tcp sport ${1 + (i % 9000)} counter`);
  await lab.exec('node', 'nft', ['-f', '-'], {
    input: `table ip failures {
      chain translate {
        type nat hook postrouting priority 100
        ip daddr ${ADDRESS.peer} udp dport ${FEW_PORTS_SERVICE} snat to ${ADDRESS.node}:${FIRST_PORT}-${FIRST_PORT + FEW_PORTS - 1}
        ip daddr ${ADDRESS.peer} meta l4proto { 4, 47, 50 } snat to ${ADDRESS.node}
        ip daddr ${ADDRESS.peer} udp dport ${PORTS_SERVICE} snat to ${ADDRESS.node}:${FIRST_PORT}-${FIRST_PORT + NAT_PORTS - 1}
      }
      chain slow {
        ${between.join('\n')}
      }
      chain out {
        type filter hook output priority 0
        tcp dport ${RACE_SERVICE} jump slow
      }
    }`,
  });
}

let sourcePorts = 0;

/** New UDP flows through that NAT, each from a port that none before it had: left to chance, one in three times one is no new flow. */
export async function openFlows(lab: Lab, flows: number, service = PORTS_SERVICE): Promise<void> {
  const from = FIRST_SOURCE_PORT + sourcePorts;
  sourcePorts = (sourcePorts + flows) % SOURCE_PORTS;
  const script = `
    import { createSocket } from 'node:dgram';
    for (let i = 0; i < ${flows}; i += 1) createSocket('udp4').bind(${from} + i).send('x', ${service}, '${ADDRESS.peer}', () => undefined);
    setTimeout(() => process.exit(0), 500);`;
  await lab.exec('node', process.execPath, ['--input-type=module', '-e', script]);
}

/** Packets of an IP protocol without ports to one peer: one of the address that has the entry, then as many of another as fail. */
export async function collideWithoutPorts(lab: Lab, protocol: number, failures: number): Promise<void> {
  const script = `
    import koffi from 'koffi';
    const libc = koffi.load('libc.so.6');
    const sendto = libc.func('int64_t sendto(int, const void *, uint64_t, int, const void *, uint32_t)');
    const fd = libc.func('int socket(int, int, int)')(2, 3, 255);
    const octets = (text) => text.split('.').map(Number);
    const to = Uint8Array.from([2, 0, 0, 0, ...octets('${ADDRESS.peer}'), 0, 0, 0, 0, 0, 0, 0, 0]);
    const packetOf = (source) => Uint8Array.from([0x45, 0, 0, 28, 0, 0, 0, 0, 64, ${protocol}, 0, 0, ...octets(source), ...octets('${ADDRESS.peer}'), 0, 0, 8, 0, 0, 0, 0, 0]);
    const send = (source) => sendto(fd, packetOf(source), 28, 0, to, to.length);
    send('${ADDRESS.node}');
    for (let i = 0; i < ${failures}; i += 1) send('${SECOND_ADDRESS}');`;
  await lab.exec('node', process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
}

/** First packets of TCP connections, each sent twice at once, until so many were lost. */
export async function losePackets(lab: Lab, wanted: number): Promise<void> {
  const before = await failed(lab);
  const args = ['--import', 'tsx', RACER, ADDRESS.peer, RACE_SERVICE, TIMES].map(String);
  const race = () => lab.exec('node', process.execPath, args, { cwd: ROOT });
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await Promise.all([race(), race()]);
    if ((await failed(lab)) - before >= wanted) return;
  }
  throw new Error(
    `Cannot force ${wanted} races in ${MAX_ROUNDS} rounds: ${(await failed(lab)) - before} packets were lost`,
  );
}

async function failed(lab: Lab): Promise<number> {
  const text = await lab.exec('node', 'conntrack', ['-S']);
  return Array.from(text.matchAll(/insert_failed=(\d+)/g), ([, count]) => Number(count)).reduce((a, b) => a + b, 0);
}
