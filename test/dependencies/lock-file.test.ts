import { describe, expect, it } from 'vitest';
import { type LockedPackage, readLockFile, shippedIn, violationsIn } from './lock-file.ts';

const RIGHT: LockedPackage = {
  version: '1.0.0',
  integrity: `sha512-${'a'.repeat(86)}==`,
  license: 'MIT',
};
const violationsOf = (locked: LockedPackage) => violationsIn(new Map([['node_modules/a', locked]]));

describe('package-lock.json', () => {
  const lock = readLockFile(new URL('../../package-lock.json', import.meta.url));

  it('names no package of another origin, of a licence that cannot be shipped, or with an unknown install script', () => {
    expect(violationsIn(lock)).toEqual([]);
  });

  it('ships few packages, which is what has to be trusted', () => {
    expect(shippedIn(lock).size).toBeLessThan(120);
  });
});

describe('violationsIn()', () => {
  it('finds none in a package that is right', () => expect(violationsOf(RIGHT)).toEqual([]));

  it.each<[string, Partial<LockedPackage>, RegExp]>([
    ['another origin', { resolved: 'https://mirror.example/a.tgz' }, /expected the public registry/],
    ['a git address', { resolved: 'git+ssh://git@github.com/a/a.git#1' }, /expected the public registry/],
    ['no digest', { integrity: '' }, /no sha512/],
    ['a weak digest', { integrity: 'sha1-abc=' }, /no sha512/],
    ['a licence that reaches further', { license: 'AGPL-3.0' }, /the licence is AGPL-3.0/],
    ['a licence for tools in what is shipped', { license: 'MPL-2.0' }, /the licence is MPL-2.0/],
    [
      'no digest in what is shipped for another platform',
      { integrity: undefined as unknown as string, optional: true },
      /no sha512/,
    ],
    ['no licence', { license: undefined as unknown as string }, /the licence is none/],
    ['an install script', { hasInstallScript: true }, /install script/],
  ])('finds %s', (_, wrong, line) => {
    expect(violationsOf({ ...RIGHT, ...wrong })).toEqual([expect.stringMatching(line)]);
  });
});
