import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changelogProblems, changesOf } from '../../../daemonset/release/changelog.ts';
import { releaseProblems } from '../../../daemonset/release/check.ts';
import { parseRelease, ROOT, readRelease } from '../../../daemonset/release/release.ts';
import { STAMPS, stamped } from '../../../daemonset/release/stamps.ts';

const release = readRelease();

describe('RELEASE', () => {
  it('agrees with every file that repeats it; `npm run release:write` carries it there', () => {
    expect(releaseProblems(release)).toEqual([]);
  });

  it('is refused with all that is wrong with it', () => {
    const text = readFileSync(new URL('RELEASE', ROOT), 'utf8');
    const wrong = text.replace('chart: 0.1.0', 'chart: 0.1').replace('node: 24', 'nodejs: 24');
    expect(() => parseRelease(wrong)).toThrow(
      /chart: expected .*, got "0.1"; node: expected .*, got ""; nodejs: not one of/,
    );
  });
});

describe('releaseProblems()', () => {
  it('finds every file that a new version would leave behind', () => {
    const problems = releaseProblems({ ...release, application: '0.2.0' }).join('\n');
    for (const { file, word } of STAMPS.filter(({ word }) => word({ ...release, application: 'x' }) === 'x'))
      expect(problems, `${word}`).toContain(`${file}: does not repeat RELEASE`);
    expect(problems).toContain('expected "## 0.2.0 - YYYY-MM-DD"');
    expect(problems).toContain('alerts/conntrack.rules.yaml: "github.com/');
    expect(problems).toContain('src/model/release.ts: not of this RELEASE');
  });

  it('finds a new version of the chart, of the rules and of Node', () => {
    const problems = releaseProblems({ ...release, rules: '0.1.1', node: '26', prometheus: '3.0' }).join('\n');
    for (const file of ['Dockerfile', 'README.md', 'src/model/release.ts']) expect(problems).toContain(file);
  });

  it('takes the tag of the version alone', () => {
    expect(releaseProblems(release, 'v9.9.9')).toEqual([`tag "v9.9.9": expected "v${release.application}"`]);
    expect(releaseProblems(release, `v${release.application}`)).toEqual([]);
  });
});

describe('stamped()', () => {
  it('changes the word in every place, and nothing around it', () => {
    const stamp = { file: 'f', around: /v(?<word>\d+\.\d+\.\d+)\b/g, word: () => '2.0.0' };
    expect(stamped('a v1.0.0 1.0.0 v1.0.0', stamp, release)).toBe('a v2.0.0 1.0.0 v2.0.0');
    expect(() => stamped('nothing', stamp, release)).toThrow('Cannot stamp "f": nothing matches');
  });
});

describe('CHANGELOG.md', () => {
  it('is to have Unreleased on top and the version with its date below', () => {
    expect(changelogProblems('## Unreleased\n\n## 1.2.3 - 2026-01-02\n', '1.2.3')).toEqual([]);
    expect(changelogProblems('## 1.2.3\n', '1.2.3')).toHaveLength(2);
  });

  it('gives the notes of a release', () => {
    expect(changesOf('# C\n\n## Unreleased\n\n## 1.0.0 - d\n\n- b\n\n## 0.9.0 - d\n\n- c\n', '1.0.0')).toBe('- b');
    expect(() => changesOf('# C\n', '1.0.0')).toThrow('Cannot find "1.0.0" in CHANGELOG.md');
  });
});
