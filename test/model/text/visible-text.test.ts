import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ProcessFiles } from '../../../src/host/netns/netns-scan.ts';
import {
  textOfBytes,
  visibleJson,
  visibleLine,
  visibleLines,
  visibleName,
} from '../../../src/model/text/visible-text.ts';

const INVISIBLE = /[\p{C}\u2028\u2029\u00a0\u3000\u3164]|\u034f/u;

describe('textOfBytes()', () => {
  it.each([
    ['ASCII', [0x61, 0x62], 'ab'],
    ['UTF-8 of every length', [...Buffer.from('aé数😀')], 'aé数😀'],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], '\ufeffa'],
    ['a byte of Latin-1', [0x63, 0x61, 0x66, 0xe9], 'caf\\xe9'],
    ['a byte of Latin-1 among UTF-8', [0xe9, 0xc3, 0xa9, 0x61], '\\xe9éa'],
    ['a character that the kernel cut', [0x61, 0xe6, 0x95], 'a\\xe6\\x95'],
    ['half a pair, which is no UTF-8', [0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    ['a long way to write a slash', [0xc0, 0xaf], '\\xc0\\xaf'],
    ['a lone C1 control', [0x9b, 0x31], '\\x9b1'],
  ])('decodes %s', (_what, bytes, text) => {
    expect(textOfBytes(Uint8Array.from(bytes))).toBe(text);
  });

  it('keeps whatever was UTF-8, and never fails', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => textOfBytes(Buffer.from(text)) === text));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof textOfBytes(bytes) === 'string'));
  });
});

describe('visibleLine(), visibleName() and visibleJson()', () => {
  const text = fc.string({ unit: 'binary' });

  it('leave nothing that is not to be seen', () => {
    fc.assert(fc.property(text, (name) => !INVISIBLE.test(visibleLine(name)) && !INVISIBLE.test(visibleName(name))));
    fc.assert(fc.property(text, (name) => !INVISIBLE.test(visibleJson(JSON.stringify({ name })))));
  });

  it('leave what is as it is', () => {
    for (const line of ['node-1: 5 entries ±0.1 % █▏ …', 'café 数据库 😀']) expect(visibleLine(line)).toBe(line);
    expect(visibleLines('a\n\tb\n')).toBe('a\n\\x09b\n');
  });

  it('leave JSON with the same values, laid out as it was', () => {
    fc.assert(fc.property(text, (name) => JSON.parse(visibleJson(JSON.stringify([name])))[0] === name));
    expect(visibleJson('{\n  "a": "\u202e\u{e0041}"\n}')).toBe('{\n  "a": "\\u202e\\udb40\\udc41"\n}');
  });
});

describe('the name of a real process', () => {
  const before = readFileSync('/proc/self/comm', 'utf8');
  const rename = (name: string | Uint8Array) => writeFileSync('/proc/self/comm', name);
  afterAll(() => rename(before.trimEnd()));

  it.each<[string | Uint8Array, string, string]>([
    ['数据库', '数据库', '数据库'],
    ['\x1b[31mred\x1b[m', '\x1b[31mred\x1b[m', '"\\x1b[31mred\\x1b[m"'],
    ['a \n', 'a \n', '"a \\n"'],
    [Uint8Array.of(0x63, 0x61, 0x66, 0xe9), 'caf\\xe9', '"caf\\xe9"'],
    ['数据库数据库', '数据库数据库'.slice(0, 5), '数据库数据'],
  ])('%j is read as %j and shown as %s', (name, read, shown) => {
    rename(name);
    const seen = new ProcessFiles('/proc').nameOf(process.pid)!;
    expect([seen, visibleName(seen)]).toEqual([read, shown]);
  });
});
