import { describe, expect, it } from 'vitest';
import { addressText, serviceText } from '../../../src/model/text/address.ts';

describe('addressText()', () => {
  it.each([
    ['10.255.0.1', 'ipv4', [0, 0, 0, 0x0aff0001]],
    ['255.255.255.255', 'ipv4', [0, 0, 0, 0xffffffff]],
    ['::', 'ipv6', [0, 0, 0, 0]],
    ['::1', 'ipv6', [0, 0, 0, 1]],
    ['fd00::', 'ipv6', [0xfd000000, 0, 0, 0]],
    ['2001:db8:0:1:1:1:1:1', 'ipv6', [0x20010db8, 0x00000001, 0x00010001, 0x00010001]],
    ['2001:db8::1:0:0:1', 'ipv6', [0x20010db8, 0, 0x00010000, 0x00000001]],
    ['1:0:0:2::3', 'ipv6', [0x00010000, 0x00000002, 0, 0x00000003]],
  ] as const)('writes %s', (text, family, [a, b, c, d]) => {
    expect(addressText([a, b, c, d, 0], family)).toBe(text);
  });
});

describe('serviceText()', () => {
  it.each([
    ['10.0.0.1:53/udp', { family: 'ipv4', address: '10.0.0.1', port: 53, protocol: 'udp' }],
    ['[fd00::1]:443/tcp', { family: 'ipv6', address: 'fd00::1', port: 443, protocol: 'tcp' }],
    ['10.0.0.1/icmp', { family: 'ipv4', address: '10.0.0.1', port: undefined, protocol: 'icmp' }],
  ] as const)('writes %s', (text, label) => {
    expect(serviceText(label)).toBe(text);
  });
});
