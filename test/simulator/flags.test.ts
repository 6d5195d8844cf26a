import { describe, expect, it } from 'vitest';
import { flagsHelp, readFlags } from '../../simulator/flags.ts';
import { FLEET_FLAGS } from '../../simulator/options.ts';

describe('readFlags()', () => {
  it('takes what is given and fills in the rest', () => {
    const settings = readFlags(FLEET_FLAGS, ['--nodes', '400', '--speed=10', '--sample.interval=1s']);
    expect(settings).toMatchObject({ nodes: 400, speed: 10, 'sample.interval': 1000, seed: 1, port: 10_400 });
  });

  it('tells all mistakes at once', () => {
    const argv = ['stray', '--nodes', 'many', '--speed', '0', '--sped=3', '--seed'];
    expect(() => readFlags(FLEET_FLAGS, argv)).toThrow(
      [
        'Cannot use these flags:',
        '  "stray": unexpected argument',
        '  --sped: unknown flag',
        '  --seed: expected a value after it, got nothing',
        '  --nodes: expected a whole number from 0 to 20000, got "many"',
        '  --speed: expected a number from 0.1 to 100, got "0"',
      ].join('\n'),
    );
  });

  it('is undefined when help is asked for, whatever else is', () => {
    expect(readFlags(FLEET_FLAGS, ['--nodes', 'x', '-h'])).toBeUndefined();
  });
});

describe('flagsHelp()', () => {
  it('names every flag with its default', () => {
    expect(flagsHelp(FLEET_FLAGS)).toContain(
      '--nodes\n      Nodes to simulate\n      a whole number from 0 to 20000; 12 unless given',
    );
  });
});
