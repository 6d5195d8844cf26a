/**
 * Sends packets of any IP protocol: for those the kernel has no socket of. Run inside a namespace (see traffic.ts); three
 * arguments a packet: address (IPv4 or IPv6), protocol number, and what follows the IP header in hex.
 */
import { isIPv6, SocketAddress } from 'node:net';
import koffi from 'koffi';

const [AF_INET, AF_INET6, SOCK_RAW] = [2, 10, 3];
const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const sendto = libc.func('int64_t sendto(int, const void *, uint64_t, int, const void *, uint32_t)');

const words = process.argv.slice(2);
for (let at = 0; at < words.length; at += 3) {
  const [address, protocol, payload] = words.slice(at, at + 3) as [string, string, string];
  const bytes = Buffer.from(payload, 'hex');
  const to = isIPv6(address) ? sockaddrIn6(address) : sockaddrIn(address);
  const fd: number = socket(isIPv6(address) ? AF_INET6 : AF_INET, SOCK_RAW, Number(protocol));
  if (Number(sendto(fd, bytes, bytes.length, 0, to, to.length)) !== bytes.length) {
    throw new Error(`Cannot send to "${address}": errno ${koffi.errno()}`);
  }
}

/** struct sockaddr_in, include/uapi/linux/in.h */
function sockaddrIn(text: string): Buffer {
  return Buffer.from([AF_INET, 0, 0, 0, ...text.split('.').map(Number), ...new Array(8).fill(0)]);
}

/** struct sockaddr_in6, include/uapi/linux/in6.h; the address in full, as SocketAddress cannot write it. */
function sockaddrIn6(text: string): Buffer {
  const [head = '', tail = ''] = new SocketAddress({ address: text, family: 'ipv6' }).address.split('::');
  const [before, after] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = new Array(8 - before!.length - after!.length).fill('0');
  const groups = [...before!, ...zeros, ...after!].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
  return Buffer.from([AF_INET6, 0, 0, 0, 0, 0, 0, 0, ...groups, 0, 0, 0, 0]);
}
