import { describe, expect, it } from 'vitest';
import { originOf } from '../../../src/web/server/client-group.ts';

describe('originOf()', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203', '10.1.2.3'],
    ['127.0.0.1', 'loopback'],
    ['127.255.3.4', 'loopback'],
    ['::ffff:127.9.8.7', 'loopback'],
    ['::1', 'loopback'],
    ['::', '0:0:0:0::/56'],
    ['::2', '0:0:0:0::/56'],
    ['::1:0:0:0:1', '0:0:0:0::/56'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:0::/56'],
    ['2001:db8:1:2::6', '2001:db8:1:0::/56'],
    ['2001:db8:1:ff::6', '2001:db8:1:0::/56'],
    ['2001:db8:1:100::6', '2001:db8:1:100::/56'],
    ['2001:db8:1:1ff::6', '2001:db8:1:100::/56'],
    ['2001:db8::6', '2001:db8:0:0::/56'],
    ['2001:db8::3:4:5:6:7', '2001:db8:0:0::/56'],
    ['fe80::a:b%eth0', 'fe80:0:0:0::/56'],
    [undefined, 'socket'],
  ])('puts %s with %s', (address, origin) => {
    expect(originOf(address)).toBe(origin);
  });

  it('takes all addresses of a /56 for one client, and all of loopback', () => {
    const spread = Array.from({ length: 256 }, (_, i) => i);
    const ofPrefix = spread.map((i) => originOf(`2001:db8:0:ab${i.toString(16).padStart(2, '0')}::${i}`));
    expect(new Set(ofPrefix).size).toBe(1);
    expect(new Set(spread.map((i) => originOf(`127.0.${i}.${255 - i}`))).size).toBe(1);
  });
});
