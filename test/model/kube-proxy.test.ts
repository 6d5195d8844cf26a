import { describe, expect, it } from 'vitest';
import {
  defaultLimit,
  hasKubeProxyTimeouts,
  isSureToLower,
  type KubeVersion,
  limitAfterStart,
  settingsFor,
  uncappedDefaultLimit,
  wantedLimit,
} from '../../src/model/kube-proxy.ts';

const v = (minor: number): KubeVersion => ({ major: 1, minor, text: `v1.${minor}.0` });
const DEFAULTS = { maxPerCpu: 32_768, min: 131_072 };

describe('wantedLimit()', () => {
  it.each([
    ['scales by CPUs', { settings: { ...DEFAULTS, version: v(20) }, cpus: 8, limit: 262_144 }],
    ['is no less than the minimum', { settings: { ...DEFAULTS, version: v(20) }, cpus: 2, limit: 131_072 }],
    [
      'leaves the limit alone at 0 per CPU, whatever the minimum',
      { settings: { maxPerCpu: 0, min: 9, version: v(20) }, cpus: 8, limit: undefined },
    ],
    ['knows no highest limit before 1.36', { settings: { ...DEFAULTS, version: v(35) }, cpus: 96, limit: 3_145_728 }],
    [
      'scales to 1,048,576 at most from 1.36 on',
      { settings: { ...DEFAULTS, version: v(36) }, cpus: 96, limit: 1_048_576 },
    ],
    [
      'takes an unknown version for a new one',
      { settings: { ...DEFAULTS, version: undefined }, cpus: 96, limit: 1_048_576 },
    ],
    [
      'keeps a higher minimum where the scaled limit is not cut off',
      { settings: { maxPerCpu: 1, min: 2_000_000, version: v(36) }, cpus: 96, limit: 2_000_000 },
    ],
    [
      'ignores a higher minimum where it is',
      { settings: { maxPerCpu: 32_768, min: 2_000_000, version: v(36) }, cpus: 96, limit: 1_048_576 },
    ],
  ])('%s', (_, { settings, cpus, limit }) => {
    expect(wantedLimit(settings, cpus)).toBe(limit);
  });
});

describe('limitAfterStart()', () => {
  const limitOf = (minor: number, limit: number) => limitAfterStart({ ...DEFAULTS, version: v(minor) }, 4, limit);

  it.each([20, 22, 29, 35, 36, 37])('is lowered by 1.%d, which sets what it wants', (minor) => {
    expect([limitOf(minor, 500_000), limitOf(minor, 1000)]).toEqual([131_072, 131_072]);
  });

  it.each([23, 28, 38, 40])('is only ever raised by 1.%d', (minor) => {
    expect([limitOf(minor, 500_000), limitOf(minor, 1000)]).toEqual([500_000, 131_072]);
  });

  it('stays where kube-proxy leaves it alone', () => {
    expect(limitAfterStart({ maxPerCpu: 0, min: 9, version: v(20) }, 4, 777)).toBe(777);
  });

  it('may be lowered by a version that is not known', () => {
    expect(limitAfterStart({ ...DEFAULTS, version: undefined }, 4, 500_000)).toBe(131_072);
  });
});

describe('isSureToLower()', () => {
  const version = (minor: number, patch: number | undefined, text = `v1.${minor}.${patch}`): KubeVersion => {
    return { major: 1, minor, patch, text };
  };

  it.each([
    ['1.20 and 1.35', [version(20, 2), version(35, 9), version(29, undefined)], true],
    ['the first releases of 1.36 and 1.37', [version(36, 0), version(37, 0, 'v1.37.0-eks-1a2b3c4')], true],
    ['their later patches, which may have the fix', [version(36, 4, 'v1.36.4-gke.100'), version(37, 1)], false],
    ['1.36 without a patch level, and no version', [version(36, undefined), undefined], false],
    ['versions that only raise it', [version(25, 3), version(38, 0), version(40, 1, 'v1.40.1+k3s1')], false],
    ['another major version', [{ major: 2, minor: 0, patch: 0, text: 'v2.0.0' }], false],
  ] as const)('of %s: %j', (_, versions, isSure) => {
    for (const one of versions) expect(isSureToLower(one)).toBe(isSure);
  });

  it('knows that the first pre-release of 1.38 was cut before the fix', () => {
    const limitOf = (text: string) => limitAfterStart({ ...DEFAULTS, version: version(38, 0, text) }, 4, 500_000);
    expect(limitOf('v1.38.0-alpha.0')).toBe(131_072);
    expect(limitOf('v1.38.0-alpha.1')).toBe(500_000);
  });
});

describe('defaultLimit()', () => {
  it('does not tell a node of 96 CPUs what no new version sets', () => {
    expect([defaultLimit(96), uncappedDefaultLimit(96)]).toEqual([1_048_576, 3_145_728]);
    expect([defaultLimit(32), uncappedDefaultLimit(32)]).toEqual([1_048_576, 1_048_576]);
    expect([defaultLimit(1), uncappedDefaultLimit(1)]).toEqual([131_072, 131_072]);
  });
});

describe('settingsFor()', () => {
  it.each([
    { limit: 262_144, cpus: 2, maxPerCpu: 32_768 },
    { limit: 100_000, cpus: 96, maxPerCpu: 32_768 },
    { limit: 2_000_000, cpus: 96, maxPerCpu: 32_768 },
    { limit: 500_000, cpus: 4, maxPerCpu: 0 },
    { limit: 3, cpus: 96, maxPerCpu: 32_768 },
  ])('makes any version that lowers set $limit on $cpus CPUs', ({ limit, cpus, maxPerCpu }) => {
    const text = settingsFor(limit, cpus, { maxPerCpu });
    const match = /^conntrack: \{ maxPerCore: (\d+), min: (\d+) \}$/.exec(text)!;
    const settings = { maxPerCpu: Number(match[1]), min: Number(match[2]) };
    const set = [20, 35, 36, 38].map((minor) => wantedLimit({ ...settings, version: v(minor) }, cpus));
    expect(set).toEqual(set.map(() => Math.max(limit, cpus)));
  });

  it('keeps what is set per CPU where that need not change', () => {
    expect(settingsFor(262_144, 4, { maxPerCpu: 32_768 })).toBe('conntrack: { maxPerCore: 32768, min: 262144 }');
  });
});

describe('hasKubeProxyTimeouts()', () => {
  const timeouts = (established: number, closeWait: number) => [
    { protocol: 'tcp', state: 'established', seconds: established },
    { protocol: 'tcp', state: 'close_wait', seconds: closeWait },
  ];

  it('takes both together', () => {
    expect(hasKubeProxyTimeouts(timeouts(86_400, 3600))).toBe(true);
    expect(hasKubeProxyTimeouts(timeouts(86_400, 60))).toBe(false);
    expect(hasKubeProxyTimeouts(timeouts(432_000, 3600))).toBe(false);
    expect(hasKubeProxyTimeouts([])).toBe(false);
  });
});
