import { describe, expect, it } from 'vitest';
import { flagTable } from '../../docs/tables.ts';
import { thresholdsOf } from '../../src/config/conflicts.ts';
import { helpText } from '../../src/config/help.ts';
import { ALARM_OPTIONS } from '../../src/config/options.ts';
import { ConfigError, parseConfig } from '../../src/config/parse-config.ts';
import { DEFAULT_THRESHOLDS, THRESHOLD_ENTRIES, type Thresholds } from '../../src/model/alarms/thresholds.ts';

function thresholds(argv: readonly string[], env: Record<string, string> = {}): Thresholds {
  const invocation = parseConfig(argv, env, 'this-host');
  if (!('config' in invocation)) throw new TypeError(`got ${invocation.command}`);
  return thresholdsOf(invocation.config);
}

function problems(...argv: string[]): readonly string[] {
  try {
    parseConfig(argv, {}, 'this-host');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the flags --alarm.*', () => {
  it('are the thresholds, each with its default', () => {
    expect(thresholds([])).toEqual(DEFAULT_THRESHOLDS);
  });

  it.each<[string[], Record<string, string>, Partial<Thresholds>]>([
    [['--alarm.high-usage=0.8'], {}, { highUsage: 0.8 }],
    [['--alarm.time-to-act=30m'], {}, { timeToActMs: 1_800_000 }],
    [['--alarm.insert-failures=2.5'], {}, { insertFailuresPerSecond: 2.5 }],
    [['--alarm.entries-per-bucket=8'], {}, { entriesPerBucket: 8 }],
    [['--alarm.sample-lag=500ms'], {}, { sampleLagMs: 500 }],
    [[], { CONNTRACK_AGENT_ALARM_HIGH_USAGE: '0.8' }, { highUsage: 0.8 }],
    [['--alarm.high-usage=0.97', '--alarm.nearly-full-usage=0.98'], {}, { highUsage: 0.97, nearlyFullUsage: 0.98 }],
  ])('take %j with %j', (argv, env, expected) => {
    expect(thresholds(argv, env)).toEqual({ ...DEFAULT_THRESHOLDS, ...expected });
  });

  it('are taken by the doctor as well, who judges by them', () => {
    expect(thresholds(['doctor', '--alarm.high-usage=0.8']).highUsage).toBe(0.8);
  });

  it.each([
    ['--alarm.high-usage=90', '--alarm.high-usage: expected a number from 0.1 to 1, got "90"'],
    ['--alarm.high-usage=90%', '--alarm.high-usage: expected a number from 0.1 to 1, got "90%"'],
    ['--alarm.time-to-act=5', '--alarm.time-to-act: expected a duration from 1m to 2h, got "5"'],
    ['--alarm.time-to-act=3h', '--alarm.time-to-act: expected a duration from 1m to 2h, got "3h"'],
    ['--alarm.insert-failures=-1', '--alarm.insert-failures: expected a number from 0.001 to 1000000, got "-1"'],
  ])('refuse %s', (flag, problem) => {
    expect(problems(flag)).toEqual([problem]);
  });

  it.each([
    [
      'a high usage above the default of nearly full',
      ['--alarm.high-usage=0.97'],
      '--alarm.high-usage: expected --alarm.high-usage below --alarm.nearly-full-usage, got 0.97 and 0.95',
    ],
    [
      'a nearly full usage below the default of high',
      ['--alarm.nearly-full-usage=0.8'],
      '--alarm.nearly-full-usage: expected --alarm.high-usage below --alarm.nearly-full-usage, got 0.9 and 0.8',
    ],
    [
      'two that are equal, since both alarms would be one',
      ['--alarm.high-usage=0.95'],
      '--alarm.high-usage: expected --alarm.high-usage below --alarm.nearly-full-usage, got 0.95 and 0.95',
    ],
    [
      'a margin that no table could clear',
      ['--alarm.clear-margin=0.5', '--alarm.high-usage=0.4'],
      '--alarm.clear-margin: expected --alarm.clear-margin below --alarm.high-usage, got 0.5 and 0.4',
    ],
  ])('refuse %s', (_, argv, problem) => {
    expect(problems(...argv)).toEqual([problem]);
  });

  it('have all their mistakes told at once', () => {
    const flags = ['--alarm.high-usage=0.97', '--alarm.clear-margin=2', '--alarm.time-to-act=soon', '--alarm.hi=1'];
    expect(
      problems(...flags)
        .map((problem) => problem.split(':')[0])
        .sort(),
    ).toEqual(['--alarm.clear-margin', '--alarm.hi', '--alarm.high-usage', '--alarm.time-to-act']);
  });

  it.each(THRESHOLD_ENTRIES)('stand in the help and in the table of README.md: %s', (key, { flag, help }) => {
    const text = helpText().replaceAll(/\s+/g, ' ');
    expect(text).toContain(`--alarm.${flag} `);
    expect(text).toContain(help);
    const rows = flagTable().split('\n');
    expect(rows).toContainEqual(expect.stringContaining(`| \`--alarm.${flag}\` |`));
    expect(rows.find((row) => row.includes(`--alarm.${flag}\``))).toContain(`\`${ALARM_OPTIONS[key].fallback}\``);
  });
});

describe('the flag --collector.timeouts', () => {
  it.each(['common', 'all', 'none'])('takes %s', (set) => {
    expect(parseConfig([`--collector.timeouts=${set}`], {}, 'h')).toMatchObject({ config: { timeouts: set } });
  });

  it('refuses another word and says which there are', () => {
    expect(problems('--collector.timeouts=tcp')).toEqual([
      '--collector.timeouts: expected one of common, all, none, got "tcp"',
    ]);
  });
});
