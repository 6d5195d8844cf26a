/** Netlink messages as the kernel writes them, on hosts whose bytes are in little-endian order. */

export type Bytes = readonly number[];

const le = (bytes: number, value: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

/** Big-endian, as ctnetlink's payloads are. */
export function be(bytes: number, value: number): number[] {
  return le(bytes, value).reverse();
}

function padded(bytes: Bytes): number[] {
  return [...bytes, ...Array<number>((4 - (bytes.length % 4)) % 4).fill(0)];
}

/** struct nlattr and its payload. */
export function attribute(type: number, payload: Bytes): Bytes {
  return padded([...le(2, payload.length + 4), ...le(2, type), ...payload]);
}

/** With NLA_F_NESTED. */
export function nested(type: number, parts: readonly Bytes[]): Bytes {
  return attribute(type | 0x8000, parts.flat());
}

/** struct nlmsghdr and its payload. */
export function message(type: number, flags: number, sequence: number, payload: Bytes): Bytes {
  return padded([
    ...le(4, payload.length + 16),
    ...le(2, type),
    ...le(2, flags),
    ...le(4, sequence),
    ...le(4, 0),
    ...payload,
  ]);
}

export function datagramOf(messages: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(messages.flat());
}
