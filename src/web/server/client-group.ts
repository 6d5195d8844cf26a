/** The origin of a client by its address, which is undefined on a unix socket. */
export type OriginOf = (remoteAddress: string | undefined) => string;

/** All clients on a unix socket, which have no address. */
const SOCKET_ORIGIN = 'socket';
/** Any process of this node can take any of 16 million loopback addresses. */
const LOOPBACK_ORIGIN = 'loopback';

/**
 * The origin that limits count by, so that a client does not get more by using more addresses: an IPv4 address, the /56 of an
 * IPv6 address, which is what a provider gives to one customer, or all of loopback. An IPv4-mapped address is the IPv4 address.
 */
export function originOf(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return SOCKET_ORIGIN;
  if (!remoteAddress.includes(':')) return originOfIpv4(remoteAddress);
  const groups = groupsOf(remoteAddress);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return originOfIpv4(dotted(groups[6]!, groups[7]!));
  if (groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1) return LOOPBACK_ORIGIN;
  const [first, second, third, fourth] = groups as [number, number, number, number];
  return `${[first, second, third, fourth & 0xff00].map((group) => group.toString(16)).join(':')}::/56`;
}

/** The address as people write it: an IPv4-mapped one as IPv4, without a zone; empty on a unix socket. */
export function clientAddress(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return '';
  const [bare = ''] = remoteAddress.split('%');
  return bare.replace(/^::ffff:(?=[\d.]+$)/i, '');
}

function originOfIpv4(address: string): string {
  return address.startsWith('127.') ? LOOPBACK_ORIGIN : address;
}

/** The eight groups of an IPv6 address, which the kernel may print with a zone and with an IPv4 address at its end. */
function groupsOf(address: string): number[] {
  const [bare = ''] = address.split('%');
  const [head, tail] = bare.split('::').map((half) => half.split(':').filter(Boolean).flatMap(numbersOf));
  const zeros = new Array<number>(Math.max(0, 8 - (head?.length ?? 0) - (tail?.length ?? 0))).fill(0);
  return [...(head ?? []), ...zeros, ...(tail ?? [])];
}

function numbersOf(group: string): number[] {
  if (!group.includes('.')) return [Number.parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
