import { describe, expect, it } from 'vitest';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { parseSysctl, parseUnsigned, readNumber, tableFilesOf } from '../../../src/host/procfs/sysctl.ts';
import { FakeNode } from '../../fake-node.ts';

describe('parseSysctl()', () => {
  it.each([
    ['a number and a newline, as the kernel prints it', '167012\n', 167_012],
    ['no newline', '262144', 262_144],
    ['CRLF', '262144\r\n', 262_144],
    ['spaces around it', '  262144 \n', 262_144],
    ['zero', '0\n', 0],
    ['15 digits', '999999999999999\n', 999_999_999_999_999],
    ['zeros in front', '0000000000000000042\n', 42],
    ['the largest exact number', '9007199254740991\n', Number.MAX_SAFE_INTEGER],
  ])('reads %s', (_, text, value) => {
    expect(parseSysctl(Buffer.from(text, 'latin1'))).toBe(value);
  });

  it.each([
    ['an empty file', '', 'it is empty, expected a whole number of 0 or more'],
    ['white space alone', ' \n', 'it is empty, expected a whole number of 0 or more'],
    ['a negative number', '-5\n', 'it says "-5", expected a whole number of 0 or more'],
    ['a hex number', '0x1f\n', 'it says "0x1f", expected a whole number of 0 or more'],
    ['text', 'lots\n', 'it says "lots", expected a whole number of 0 or more'],
    ['two numbers', '1 2\n', 'it says "1 2", expected a whole number of 0 or more'],
    ['a fraction', '1.5\n', 'it says "1.5", expected a whole number of 0 or more'],
    ['a number over 2^53', '9007199254740993\n', 'it says "9007199254740993", which is beyond 2^53'],
    ['a long text', 'x'.repeat(90), `it says "${'x'.repeat(40)}...", expected a whole number of 0 or more`],
    ['bytes that are no text', '\0\u0001', 'it says "\\u0000\\u0001", expected a whole number of 0 or more'],
  ])('refuses %s, and says what it saw', (_, text, message) => {
    expect(() => parseSysctl(Buffer.from(text, 'latin1'))).toThrow(new SyntaxError(message));
  });
});

describe('parseUnsigned()', () => {
  it.each([
    ['-1\n', 4_294_967_295],
    ['-2147483648\n', 2_147_483_648],
    ['262144\n', 262_144],
    ['0\n', 0],
  ])('reads %j as %i', (text, value) => {
    expect(parseUnsigned(Buffer.from(text))).toBe(value);
  });

  it.each(['-2147483649\n', '-\n', '-x\n', '--1\n'])('rejects %j', (text) => {
    expect(() => parseUnsigned(Buffer.from(text))).toThrow(SyntaxError);
  });
});

describe('readNumber() of a count below 0', () => {
  it("names the kernel's mistake and not --path.procfs", async () => {
    await using node = await FakeNode.create();
    node.write('sys/net/netfilter/nf_conntrack_count', '-5\n');
    const { entries } = tableFilesOf(new ProcFs(node.procRoot));
    expect(() => readNumber(entries, 0)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('it says "-5": the kernel miscounts its entries'),
        remedy: expect.not.stringContaining('procfs'),
      }),
    );
    entries.file.close();
  });
});
