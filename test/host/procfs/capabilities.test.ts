import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasNetAdmin, parseEffectiveCapabilities } from '../../../src/host/procfs/node-facts.ts';

const STATUS =
  'Name:\tnode\nCapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000001400\nCapBnd:\t1\n';

describe('parseEffectiveCapabilities()', () => {
  it('reads the effective set, not one of its neighbours', () => {
    expect(parseEffectiveCapabilities(STATUS)).toBe(0x1400n);
  });

  it('keeps all 64 bits apart', () => {
    expect(parseEffectiveCapabilities('CapEff:\tffffffffffffefff\n')).toBe(0xffff_ffff_ffff_efffn);
  });

  it.each(['', 'CapPrm:\t0000000000001000\n', 'CapEff:\t\n', 'CapEff:\n1000\n', 'CapEff:\t-1\n', 'CapEff:\t00zz\n'])(
    'refuses %j, which does not tell',
    (status) => {
      expect(() => parseEffectiveCapabilities(status)).toThrow(SyntaxError);
    },
  );
});

describe('hasNetAdmin()', () => {
  it.each([
    ['0000000000001000', true],
    ['000001ffffffffff', true],
    ['0000000000000000', false],
    ['0000000000002800', false], // CAP_NET_RAW and CAP_NET_BROADCAST, its neighbours.
    ['ffffffffffffefff', false],
  ])('is by CapEff %s: %s', (capEff, allowed) => {
    expect(hasNetAdmin(`CapPrm:\tffffffffffffffff\nCapEff:\t${capEff}\n`)).toBe(allowed);
  });

  it('agrees with bit 12 of the status of this process', () => {
    const digits = /^CapEff:\t(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
    expect(hasNetAdmin()).toBe((Number.parseInt(digits.at(-4)!, 16) & 1) === 1);
  });
});
