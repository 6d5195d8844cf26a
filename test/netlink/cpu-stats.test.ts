import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CPU_STATS, type CpuStats, decodeCpuStats, encodeCpuStatsDump } from '../../src/netlink/cpu-stats.ts';
import { messages } from '../../src/netlink/messages.ts';
import { bytesOf, decodeAll, FRAMES, readFrame, truncated } from './frames.ts';

function cpusOf(datagram: DataView): { cpu: number; row: Record<string, number> }[] {
  return (decodeAll(datagram) as CpuStats[]).map(({ cpu, row }) => ({ cpu, row: Object.fromEntries(row) }));
}

/** A message payload: nfgenmsg, then attributes of eight bytes. */
function payload(...values: (readonly [type: number, value: number])[]): DataView {
  const view = new DataView(new ArrayBuffer(4 + 8 * values.length));
  values.forEach(([type, value], i) => {
    view.setUint16(4 + 8 * i, 8, true);
    view.setUint16(6 + 8 * i, type, true);
    view.setUint32(8 + 8 * i, value);
  });
  return view;
}

describe('decodeCpuStats()', () => {
  it('reads the row of each CPU that Linux 6.18 sends', () => {
    const zero = { found: 0, insert_failed: 0, drop: 0, early_drop: 0, search_restart: 0, clashres: 0, chainlength: 0 };
    expect(cpusOf(readFrame('stats-cpu-6.18')[0]!)).toEqual([
      { cpu: 0, row: { ...zero, invalid: 10, icmp_error: 6 } },
      { cpu: 1, row: { ...zero, invalid: 4, icmp_error: 14 } },
    ]);
  });

  it('leaves out what kernels before 5.10 do not count, and keeps the CPU numbers', () => {
    const first = { found: 151, invalid: 4204, insert_failed: 340, drop: 341, early_drop: 17 };
    const other = { found: 0, drop: 1, early_drop: 0, icmp_error: 0, search_restart: 256 };
    expect(cpusOf(readFrame('stats-cpu-pre-5.10')[0]!)).toEqual([
      { cpu: 0, row: { ...first, icmp_error: 3, search_restart: 77 } },
      { cpu: 3, row: { ...other, invalid: 4_294_967_295, insert_failed: 2_147_483_648 } },
    ]);
  });

  it('names each counter as /proc does', () => {
    const view = payload(...[2, 4, 8, 9, 10, 11, 12, 13, 14, 15].map((type) => [type, 100 + type] as const));
    expect(Object.fromEntries(decodeCpuStats(view, { from: 0, to: view.byteLength }).row)).toEqual({
      found: 102,
      invalid: 104,
      insert_failed: 109,
      drop: 110,
      early_drop: 111,
      icmp_error: 112,
      search_restart: 113,
      clashres: 114,
      chainlength: 115,
    });
  });

  it('skips a counter it does not know', () => {
    const view = payload([10, 5], [4711, 6], [11, 7]);
    const { row } = decodeCpuStats(view, { from: 0, to: view.byteLength });
    expect(Object.fromEntries(row)).toEqual({ drop: 5, early_drop: 7 });
  });

  it.each(FRAMES)('makes of each truncation of %s an error or fewer CPUs, never another value', (name) => {
    for (const datagram of readFrame(name)) {
      const whole = decodeAll(datagram);
      for (let length = 0; length < datagram.byteLength; length += 1) {
        const got = orRangeError(() => decodeAll(truncated(datagram, length))) ?? [];
        expect(got.length).toBeLessThan(whole.length);
        expect(got).toEqual(whole.slice(0, got.length));
      }
    }
  });

  it('makes of each shortened message an error or fewer counters, never another value', () => {
    const datagram = readFrame('stats-cpu-pre-5.10')[0]!;
    for (const message of messages(datagram)) {
      if (message.kind !== 'data') continue;
      const { from, to } = message;
      const whole = decodeCpuStats(datagram, message);
      for (let end = from; end < to; end += 1) {
        const got = orRangeError(() => decodeCpuStats(datagram, { from, to: end }));
        if (got === undefined) continue;
        expect(got.cpu).toBe(whole.cpu);
        expect([...got.row]).toEqual([...whole.row].slice(0, got.row.size));
        expect(got.row.size).toBeLessThan(whole.row.size);
      }
    }
  });

  it('answers a damaged frame with 32-bit counters of a 16-bit CPU or a RangeError', () => {
    const frames = FRAMES.flatMap(readFrame).map((datagram) => new Uint8Array(datagram.buffer));
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...frames), damage, (frame, changes) => {
        const bytes = Uint8Array.from(frame);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        for (const { cpu, row } of orRangeError(() => cpuStatsOf(bytesOf(bytes))) ?? []) {
          expect(cpu).toBeLessThanOrEqual(0xffff);
          expect([...row.values()].every((value) => value >= 0 && value <= 0xffff_ffff)).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('encodeCpuStatsDump()', () => {
  it('is the request the kernel quotes when it refuses', () => {
    const refusal = new Uint8Array(readFrame('stats-cpu-eperm-6.18')[0]!.buffer);
    expect([...encodeCpuStatsDump(7)]).toEqual([...refusal.subarray(20)]);
  });

  it('carries the highest sequence number', () => {
    expect([...encodeCpuStatsDump(0xffff_ffff).subarray(8, 12)]).toEqual([255, 255, 255, 255]);
  });
});

function cpuStatsOf(datagram: DataView): CpuStats[] {
  return [...messages(datagram)].flatMap((message) =>
    message.kind === 'data' && message.type === CPU_STATS ? [decodeCpuStats(datagram, message)] : [],
  );
}

/** Undefined when it threw a RangeError that names a byte offset; any other error is a bug. */
function orRangeError<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    expect(error.message).toMatch(/ at byte \d+: /);
    return undefined;
  }
}
