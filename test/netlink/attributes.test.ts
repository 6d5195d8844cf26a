import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributes, unsigned32 } from '../../src/netlink/messages.ts';
import { bytesOf } from './frames.ts';

function walk(bytes: ArrayLike<number>, from = 0, to = bytes.length) {
  return [...attributes(bytesOf(bytes), from, to)];
}

describe('attributes()', () => {
  it('gives type and place of each, padding left out', () => {
    expect(walk([5, 0, 9, 0, 0xaa, 0, 0, 0, 4, 0, 3, 0])).toEqual([
      { type: 9, from: 4, to: 5 },
      { type: 3, from: 12, to: 12 },
    ]);
  });

  it('drops the nested and the byte-order bit from the type', () => {
    expect(walk([4, 0, 1, 0x80, 4, 0, 2, 0x40])).toMatchObject([{ type: 1 }, { type: 2 }]);
  });

  it('may end without the padding of the last one', () => {
    expect(walk([5, 0, 9, 0, 0xaa])).toEqual([{ type: 9, from: 4, to: 5 }]);
  });

  it('stays within the given end, whatever follows it', () => {
    expect(() => walk([8, 0, 9, 0, 1, 2, 3, 4], 0, 6)).toThrow(
      new RangeError('Cannot decode attribute at byte 0: its length is 8, 6 bytes are left'),
    );
  });

  it.each([0, 3, 9])('refuses an attribute of 8 bytes that claims %i, naming its offset in the datagram', (length) => {
    expect(() => walk([4, 0, 1, 0, length, 0, 9, 0, 1, 2, 3, 4])).toThrow(
      new RangeError(`Cannot decode attribute at byte 4: its length is ${length}, 8 bytes are left`),
    );
  });

  it('refuses less than a header', () => {
    expect(() => walk([4, 0, 1, 0, 4, 0])).toThrow(/^Cannot decode attribute at byte 4: 2 bytes are left/);
  });

  it('answers random bytes with attributes inside them or a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          for (const { from, to } of walk(bytes)) expect(from <= to && to <= bytes.length).toBe(true);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          expect(error.message).toMatch(/ at byte \d+: /);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('unsigned32()', () => {
  it('reads big-endian, without a sign', () => {
    expect(unsigned32(bytesOf([0xff, 0xff, 0xff, 0xfe]), { type: 1, from: 0, to: 4 })).toBe(4_294_967_294);
  });

  it.each([0, 3, 5, 8])('refuses a payload of %i bytes', (length) => {
    expect(() => unsigned32(bytesOf(new Uint8Array(12)), { type: 10, from: 4, to: 4 + length })).toThrow(
      new RangeError(`Cannot decode attribute 10 at byte 4: ${length} bytes, wanted 4`),
    );
  });
});
