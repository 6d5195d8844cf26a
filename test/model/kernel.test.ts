import { describe, expect, it } from 'vitest';
import { tableBytes } from '../../src/model/kernel.ts';

describe('tableBytes()', () => {
  it('is some 85 MB for a default table of 262144 entries in as many buckets', () => {
    expect(tableBytes(262_144, 262_144)).toBe(262_144 * 328);
  });
});
