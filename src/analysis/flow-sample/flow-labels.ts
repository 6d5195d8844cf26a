/** Keys of the rankings as people read them. */
import { addressText, type DestinationLabel, familyOf, type Key, type SourceLabel } from '../../model/address.ts';
import type { PrefixLabel } from '../../model/flow-sample.ts';
import { hasPorts, protocolName, trackedProtocol } from './states.ts';

/** The last word of a destination's key: its port, if it has one, its protocol, and the family of its address. */
export function serviceWord(family: number, protocol: number, destinationPort: number): number {
  const port = hasPorts(protocol) ? destinationPort : 0;
  return (port << 16) | (trackedProtocol(protocol) << 8) | family;
}

export function sourceLabel(key: Key): SourceLabel {
  const family = familyOf(key[4]);
  return { family, address: addressText(key, family) };
}

export function destinationLabel(key: Key): DestinationLabel {
  const family = familyOf(key[4] & 0xff);
  const protocol = (key[4] >>> 8) & 0xff;
  const port = hasPorts(protocol) ? key[4] >>> 16 : undefined;
  return { family, address: addressText(key, family), port, protocol: protocolName(protocol) };
}

export function prefixLabel(key: Key): PrefixLabel {
  const family = familyOf(key[4]);
  return { family, prefix: `${addressText(key, family)}/${family === 'ipv4' ? 24 : 64}` };
}
