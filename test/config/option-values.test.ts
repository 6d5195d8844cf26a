import { describe, expect, it } from 'vitest';
import {
  BadValue,
  boolean,
  durationIn,
  durationText,
  folder,
  hostName,
  ipAddress,
  listenAddress,
  nodeName,
  oneOf,
  quoted,
  socketPath,
  telemetryPath,
  type Value,
} from '../../src/config/option-values.ts';

const REFUSED = Symbol('refused');

function parsed(value: Value<unknown>, text: string): unknown {
  try {
    return value.parse(text);
  } catch (error) {
    if (error instanceof BadValue) return REFUSED;
    throw error;
  }
}

describe('durationIn()', () => {
  it.each<[string, unknown]>([
    ['10ms', 10],
    ['100ms', 100],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1s500ms', 1500],
    ['0010ms', 10],
    ['9ms', REFUSED],
    ['1d1ms', REFUSED],
    ['0', REFUSED],
    ['0s', REFUSED],
    ['', REFUSED],
    ['100', REFUSED],
    ['1.5s', REFUSED],
    ['-1s', REFUSED],
    ['1s1m', REFUSED],
    ['1s1s', REFUSED],
    [' 1s', REFUSED],
    ['1s\n', REFUSED],
    ['1S', REFUSED],
    ['1e3ms', REFUSED],
    ['٣s', REFUSED],
    ['9'.repeat(400).concat('s'), REFUSED],
  ])('reads %j as %s', (text, expected) => {
    expect(parsed(durationIn(10, 86_400_000), text)).toBe(expected);
  });

  it('says in the problem which durations it takes', () => {
    expect(() => durationIn(10, 10_000).parse('1ms')).toThrow('expected a duration from 10ms to 10s, got "1ms"');
  });
});

describe('durationText()', () => {
  it.each([
    [1, '1ms'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [86_401_001, '1d1s1ms'],
  ])('writes %j ms as %s, which durationIn() reads back', (ms, text) => {
    expect(durationText(ms)).toBe(text);
    expect(durationIn(1, 1e12).parse(text)).toBe(ms);
  });
});

describe('listenAddress', () => {
  it.each<[string, unknown]>([
    [':10098', { host: '', port: 10098 }],
    [':0', { host: '', port: 0 }],
    ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['[::]:65535', { host: '::', port: 65535 }],
    ['[FE80::1%eth0]:80', { host: 'fe80::1%eth0', port: 80 }],
    ['LocalHost:80', { host: 'localhost', port: 80 }],
    ['node-1.example.org:80', { host: 'node-1.example.org', port: 80 }],
    ['', REFUSED],
    ['10098', REFUSED],
    [':', REFUSED],
    ['host', REFUSED],
    ['host:', REFUSED],
    [':65536', REFUSED],
    [':-1', REFUSED],
    [':0x50', REFUSED],
    [':1e3', REFUSED],
    ['::1:80', REFUSED],
    ['[]:80', REFUSED],
    ['[127.0.0.1]:80', REFUSED],
    ['[::1]', REFUSED],
    ['256.0.0.1:80', REFUSED],
    ['1.2.3:80', REFUSED],
    ['a b:80', REFUSED],
    ['-a:80', REFUSED],
    ['bücher.example:80', REFUSED],
    ['http://host:80', REFUSED],
    [':1,:2', REFUSED],
  ])('reads %j as %o', (text, expected) => {
    expect(parsed(listenAddress, text)).toEqual(expected);
  });
});

describe('socketPath', () => {
  it.each<[string, unknown]>([
    ['/run/a.sock', '/run/a.sock'],
    ['', undefined],
    [`/${'a'.repeat(98)}`, `/${'a'.repeat(98)}`],
    [`/${'a'.repeat(99)}`, REFUSED],
    [`/${'é'.repeat(50)}`, REFUSED],
    ['run/a.sock', REFUSED],
    ['@abstract', REFUSED],
    ['/run/', REFUSED],
    ['/run/a\0b', REFUSED],
  ])('reads %j as %s', (text, expected) => {
    expect(parsed(socketPath, text)).toBe(expected);
  });
});

describe('telemetryPath', () => {
  it.each<[string, unknown]>([
    ['/metrics', '/metrics'],
    ['/node/conntrack.v1', '/node/conntrack.v1'],
    ['/apis', '/apis'],
    ['', REFUSED],
    ['/', REFUSED],
    ['metrics', REFUSED],
    ['/metrics/', REFUSED],
    ['//metrics', REFUSED],
    ['/-/healthy', REFUSED],
    ['/-', REFUSED],
    ['/api/v1/status', REFUSED],
    ['/API/v1/status', REFUSED],
    ['/api', REFUSED],
    ['/../metrics', REFUSED],
    ['/:name', REFUSED],
    ['/*all', REFUSED],
    ['/metrics?x=1', REFUSED],
    ['/métriques', REFUSED],
  ])('reads %j as %s', (text, expected) => {
    expect(parsed(telemetryPath, text)).toBe(expected);
  });
});

describe('the other values', () => {
  it.each<[string, Value<unknown>, string, unknown]>([
    ['oneOf', oneOf(['auto', 'procfs']), 'auto', 'auto'],
    ['oneOf', oneOf(['auto', 'procfs']), 'Auto', REFUSED],
    ['oneOf', oneOf(['auto', 'procfs']), 'constructor', REFUSED],
    ['boolean', boolean, 'true', true],
    ['boolean', boolean, '1', true],
    ['boolean', boolean, 'false', false],
    ['boolean', boolean, '0', false],
    ['boolean', boolean, 'yes', REFUSED],
    ['boolean', boolean, '', REFUSED],
    ['hostName', hostName, 'Conntrack.example.com', 'conntrack.example.com'],
    ['hostName', hostName, 'conntrack.example.com:10098', REFUSED],
    ['hostName', hostName, 'https://conntrack.example.com', REFUSED],
    ['hostName', hostName, '*.example.com', REFUSED],
    ['hostName', hostName, '10.0.0.1', REFUSED],
    ['hostName', hostName, '', REFUSED],
    ['ipAddress', ipAddress, '10.0.0.1', '10.0.0.1'],
    ['ipAddress', ipAddress, 'fd00::1', 'fd00::1'],
    ['ipAddress', ipAddress, '10.0.0', REFUSED],
    ['ipAddress', ipAddress, '[fd00::1]', REFUSED],
    ['ipAddress', ipAddress, '', REFUSED],
    ['nodeName', nodeName, 'ip-10-0-0-1.eu_west', 'ip-10-0-0-1.eu_west'],
    ['nodeName', nodeName, 'a b', REFUSED],
    ['nodeName', nodeName, 'ノード', REFUSED],
    ['nodeName', nodeName, '', REFUSED],
    ['folder', folder, 'test/proc', 'test/proc'],
    ['folder', folder, '', REFUSED],
    ['folder', folder, '/a\0', REFUSED],
  ])('%s, %o, reads %j as %s', (_name, value, text, expected) => {
    expect(parsed(value, text)).toBe(expected);
  });
});

describe('quoted()', () => {
  it('keeps a stranger’s text on one line and short', () => {
    expect(quoted('a\n"b"')).toBe('"a\\n\\"b\\""');
    expect(quoted('x'.repeat(5000)).length).toBeLessThan(130);
  });
});
