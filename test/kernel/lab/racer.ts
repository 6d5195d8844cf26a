/**
 * Runs inside a namespace, twice at once: sends the first packets of some TCP connections every few milliseconds, the same ones as
 * the other process at the same moment, by the clock that all processes share. Where both are between lookup and insertion at
 * the same time, on two CPUs, one of them loses. Arguments: address, port, times.
 */
import koffi from 'koffi';

const [AF_INET, SOCK_RAW, IPPROTO_RAW, IPPROTO_TCP] = [2, 3, 255, 6];
/** Long enough for both to get there. */
const STEP_NS = 8_000_000n;
/** One after the other: whoever begins at the same time goes on at the same pace. */
const CONNECTIONS = 10;
/** The last part of it is waited for without sleeping. */
const AWAKE_NS = 1_500_000n;
const [IP_BYTES, TCP_BYTES] = [20, 20];
const SYN = 0x02;

const [address = '', port = '', times = ''] = process.argv.slice(2);
const libc = koffi.load('libc.so.6');
const sendto = libc.func('int64_t sendto(int, const void *, uint64_t, int, const void *, uint32_t)');
const fd: number = libc.func('int socket(int, int, int)')(AF_INET, SOCK_RAW, IPPROTO_RAW);
const to = Uint8Array.from([AF_INET, 0, 0, 0, ...octets(address), ...new Array<number>(8).fill(0)]);
const neverNotified = new Int32Array(new SharedArrayBuffer(4));

for (let time = 0; time < Number(times); time += 1) {
  const now = process.hrtime.bigint();
  const step = now / STEP_NS + 1n;
  const left = step * STEP_NS - now - AWAKE_NS;
  if (left > 0n) Atomics.wait(neverNotified, 0, 0, Number(left) / 1e6);
  while (process.hrtime.bigint() < step * STEP_NS);
  for (let i = 0; i < CONNECTIONS; i += 1) {
    const packet = synOf(10_000 + ((Number(step % 50_000n) * CONNECTIONS + i) % 50_000));
    sendto(fd, packet, packet.length, 0, to, to.length);
  }
}

/** The kernel fills in source address and the checksum of the IP header, and does not check that of TCP on the way out. */
function synOf(sourcePort: number): Uint8Array {
  const packet = new DataView(new ArrayBuffer(IP_BYTES + TCP_BYTES));
  packet.setUint8(0, 0x45);
  packet.setUint16(2, packet.byteLength);
  packet.setUint8(8, 64);
  packet.setUint8(9, IPPROTO_TCP);
  for (const [i, octet] of octets(address).entries()) packet.setUint8(16 + i, octet);
  packet.setUint16(IP_BYTES, sourcePort);
  packet.setUint16(IP_BYTES + 2, Number(port));
  packet.setUint32(IP_BYTES + 4, 1);
  packet.setUint8(IP_BYTES + 12, (TCP_BYTES / 4) << 4);
  packet.setUint8(IP_BYTES + 13, SYN);
  packet.setUint16(IP_BYTES + 14, 1000);
  return new Uint8Array(packet.buffer);
}

function octets(text: string): number[] {
  return text.split('.').map(Number);
}
