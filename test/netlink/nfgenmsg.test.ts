import { describe, expect, it } from 'vitest';
import { decodeNfgenmsg } from '../../src/netlink/messages.ts';
import { bytesOf } from './frames.ts';

describe('decodeNfgenmsg()', () => {
  it('reads the family, and the resource id in network byte order', () => {
    expect(decodeNfgenmsg(bytesOf([99, 10, 0, 1, 2]), 1, 5)).toEqual({ family: 10, resourceId: 0x0102 });
  });

  it('refuses less than its four bytes', () => {
    expect(() => decodeNfgenmsg(bytesOf([0, 0, 0, 0]), 0, 3)).toThrow(
      new RangeError('Cannot decode nfgenmsg at byte 0: 3 bytes, wanted 4'),
    );
  });

  it('refuses a version it does not know the layout of', () => {
    expect(() => decodeNfgenmsg(bytesOf([0, 1, 0, 0]), 0, 4)).toThrow(/at byte 0: version 1, wanted 0$/);
  });
});
