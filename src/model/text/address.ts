export type Family = 'ipv4' | 'ipv6';

/** Five words of 32 bits that tell an address or service from others. */
export type Key = readonly [number, number, number, number, number];

export type SourceLabel = { readonly family: Family; readonly address: string };
/** The service a client asked for: the destination before NAT. `port` is undefined for protocols that have none. */
export type DestinationLabel = SourceLabel & { readonly port: number | undefined; readonly protocol: string };

/** include/linux/socket.h; conntrack has no other family. */
export const AF_INET = 2;
export const AF_INET6 = 10;

export function familyOf(family: number): Family {
  return family === AF_INET6 ? 'ipv6' : 'ipv4';
}

/** An address out of the first four words of a key; an IPv4 address is in the last of them. */
export function addressText([a, b, c, d]: Key, family: Family): string {
  if (family === 'ipv4') return [d >>> 24, (d >>> 16) & 255, (d >>> 8) & 255, d & 255].join('.');
  return ipv6Text([a, b, c, d].flatMap((word) => [word >>> 16, word & 0xffff]));
}

/** `10.96.0.10:53/udp`, `[fd00::1]:443/tcp`, `10.0.0.1/icmp`. */
export function serviceText({ address, port, protocol }: DestinationLabel): string {
  if (port === undefined) return `${address}/${protocol}`;
  return `${hostPort(address, port)}/${protocol}`;
}

/** `10.0.0.7:9095`, `node-7:9095`, `[fd00::1]:9095` (RFC 3986, 3.2.2). */
export function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** RFC 5952: the longest run of two or more zero groups, of equals the first, is left out. */
function ipv6Text(groups: readonly number[]): string {
  let longest = { from: 0, length: 1 };
  for (let from = 0; from < groups.length; from += 1) {
    let length = 0;
    while (groups[from + length] === 0) length += 1;
    if (length > longest.length) longest = { from, length };
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (longest.length < 2) return text(groups);
  return `${text(groups.slice(0, longest.from))}::${text(groups.slice(longest.from + longest.length))}`;
}
