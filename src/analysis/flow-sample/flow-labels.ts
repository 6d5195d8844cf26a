/** Keys of the rankings as people read them. */
import { addressText, type DestinationLabel, familyOf, type Key, type SourceLabel } from '../../model/address.ts';
import type { PrefixLabel } from '../../model/flow-sample.ts';
import { hasPorts, protocolName, trackedProtocol } from './states.ts';

/** A bit that no family has. The kernel gives no port of a protocol that it does not track, DCCP of Linux 6.16 for one. */
const NO_PORT = 0x80;

/** The last word of a destination's key: its port, if it has one, its protocol, and the family of its address. */
export function serviceWord(family: number, protocol: number, destinationPort: number): number {
  const hasPort = hasPorts(protocol) && destinationPort >= 0;
  const port = hasPort ? destinationPort : 0;
  return (port << 16) | (trackedProtocol(protocol) << 8) | family | (hasPort ? 0 : NO_PORT);
}

export function sourceLabel(key: Key): SourceLabel {
  const family = familyOf(key[4]);
  return { family, address: addressText(key, family) };
}

export function destinationLabel(key: Key): DestinationLabel {
  const family = familyOf(key[4] & 0x7f);
  const protocol = (key[4] >>> 8) & 0xff;
  const port = (key[4] & NO_PORT) === 0 ? key[4] >>> 16 : undefined;
  return { family, address: addressText(key, family), port, protocol: protocolName(protocol) };
}

export function prefixLabel(key: Key): PrefixLabel {
  const family = familyOf(key[4]);
  return { family, prefix: `${addressText(key, family)}/${family === 'ipv4' ? 24 : 64}` };
}
