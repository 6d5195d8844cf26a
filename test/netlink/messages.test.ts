import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messages } from '../../src/netlink/messages.ts';
import { bytesOf, FRAMES, readFrame, truncated } from './frames.ts';

const TYPE = 4;
const FLAGS = 6;

/** The `done` of a real dump, for a test to change a field of. */
function done(): DataView<ArrayBuffer> {
  return readFrame('stats-cpu-6.18')[1]!;
}

describe('messages()', () => {
  it('walks the two messages that Linux 6.18 packs into one datagram', () => {
    expect([...messages(readFrame('stats-cpu-6.18')[0]!)]).toEqual([
      { kind: 'data', type: 0x0104, sequence: 7, interrupted: false, from: 16, to: 100 },
      { kind: 'data', type: 0x0104, sequence: 7, interrupted: false, from: 116, to: 200 },
    ]);
  });

  it('reads the end of a dump', () => {
    expect([...messages(done())]).toEqual([{ kind: 'done', sequence: 7, interrupted: false, errno: 0 }]);
  });

  it('reads the refusal of an unprivileged request, errno made positive', () => {
    expect([...messages(readFrame('stats-cpu-eperm-6.18')[0]!)]).toEqual([
      { kind: 'error', sequence: 7, interrupted: false, errno: 1 },
    ]);
  });

  it('reads the errno with which a dump ended early', () => {
    const frame = done();
    frame.setInt32(16, -12, true);
    expect([...messages(frame)]).toMatchObject([{ kind: 'done', errno: 12 }]);
  });

  it('refuses a positive error code, which the kernel never writes', () => {
    const frame = done();
    frame.setInt32(16, 12, true);
    expect(() => [...messages(frame)]).toThrow(/^Cannot decode error code at byte 16: it is 12/);
  });

  it('marks a dump that was interrupted', () => {
    const frame = done();
    frame.setUint16(FLAGS, 0x12, true);
    expect([...messages(frame)]).toMatchObject([{ kind: 'done', interrupted: true }]);
  });

  it('reports an overrun and skips a no-op', () => {
    const frame = done();
    frame.setUint16(TYPE, 4, true);
    expect([...messages(frame)]).toMatchObject([{ kind: 'overrun' }]);
    frame.setUint16(TYPE, 1, true);
    expect([...messages(frame)]).toEqual([]);
  });

  it.each([0, 1, 15, 21, 0xffff_ffff])('refuses a message of 20 bytes that claims %i', (length) => {
    const frame = done();
    frame.setUint32(0, length, true);
    expect(() => [...messages(frame)]).toThrow(
      new RangeError(`Cannot decode message at byte 0: its length is ${length}, 20 bytes are left`),
    );
  });

  it('names the offset in the datagram of a message behind another one', () => {
    const frame = truncated(readFrame('stats-cpu-6.18')[0]!, 110);
    expect(() => [...messages(frame)]).toThrow(/^Cannot decode message at byte 100: 10 bytes are left/);
  });

  it('finds the next message behind the padding of a length that is no multiple of four', () => {
    const frame = new Uint8Array(24 + 20);
    frame.set(new Uint8Array(done().buffer));
    frame.set(new Uint8Array(done().buffer), 24);
    frame[0] = 21;
    expect([...messages(bytesOf(frame))]).toMatchObject([{ kind: 'done' }, { kind: 'done' }]);
  });

  it.each(FRAMES)('makes of each truncation of %s an error or fewer messages, never another one', (name) => {
    for (const datagram of readFrame(name)) {
      const whole = [...messages(datagram)];
      for (let length = 0; length < datagram.byteLength; length += 1) {
        expectPrefix(whole, () => messages(truncated(datagram, length)));
      }
    }
  });

  it('answers random bytes with messages or a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          // Each message takes 16 bytes of the datagram at least, so the walk ends.
          expect([...messages(bytesOf(bytes))].length).toBeLessThanOrEqual(bytes.length / 16);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          expect(error.message).toMatch(/ at byte \d+: /);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Takes messages until the walk ends or throws, and finds fewer than the whole datagram has, none of them different. */
function expectPrefix(whole: readonly unknown[], walk: () => Iterable<unknown>): void {
  const got: unknown[] = [];
  try {
    for (const message of walk()) got.push(message);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    expect((error as RangeError).message).toMatch(/ at byte \d+: /);
  }
  expect(got.length).toBeLessThan(whole.length);
  expect(got).toEqual(whole.slice(0, got.length));
}
