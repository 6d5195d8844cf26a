import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLog, MAX_LINE_BYTES, writerTo } from '../../src/agent/log.ts';
import type { LogFormat, LogLevel } from '../../src/model/log.ts';
import { OperatorError } from '../../src/model/operator-error.ts';

function logTo(lines: string[], format: LogFormat, level: LogLevel = 'info') {
  return createLog({ level, format, wallClock: Date.now, write: (line) => lines.push(line) });
}

/** The one line that a warning makes. */
function lineOf(format: LogFormat, fields: object, message: string, level: LogLevel = 'info'): string {
  const lines: string[] = [];
  logTo(lines, format, level).warn(fields, message);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]+\n$/);
  return lines[0]!;
}

function jsonOf(fields: object, message = 'm', level: LogLevel = 'info'): Record<string, unknown> {
  return JSON.parse(lineOf('json', fields, message, level)) as Record<string, unknown>;
}

/** A logfmt line after its time. */
function logfmtOf(fields: object, message = 'm'): string {
  return lineOf('logfmt', fields, message)
    .replace(/^time=\S+ /, '')
    .trimEnd();
}

const remedied = new OperatorError('Cannot read "/x": permission denied', {
  remedy: 'Run as root',
  cause: new Error('EACCES', { cause: new Error('deeper') }),
});

describe('createLog()', () => {
  it('writes JSON with an ISO time, the level as a word, and neither process nor host', () => {
    const line = jsonOf({ entries: 167012, ok: true, none: null, list: [1, 'a'] }, 'Table is filling');
    expect(line).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      entries: 167012,
      ok: true,
      none: null,
      list: [1, 'a'],
      msg: 'Table is filling',
    });
  });

  it('writes the same fields as logfmt, time first', () => {
    const line = lineOf('logfmt', { entries: 167012, ok: true, none: null, list: [1, 'a'] }, 'Table is filling');
    expect(line).toMatch(
      /^time=\d{4}-\d\d-\d\dT[\d:.]+Z level=warn msg="Table is filling" entries=167012 ok=true none=null list="\[1,\\"a\\"\]"\n$/,
    );
  });

  it.each<[LogLevel, string[]]>([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ])('at level %s writes %j', (level, expected) => {
    const lines: string[] = [];
    const log = logTo(lines, 'json', level);
    for (const at of ['debug', 'info', 'warn', 'error'] as const) log[at]({}, at);
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(expected);
  });

  it.each<[unknown, string]>([
    ['plain', 'v=plain'],
    ['', 'v=""'],
    ['a b', 'v="a b"'],
    ['a=b', 'v="a=b"'],
    ['say "hi"', 'v="say \\"hi\\""'],
    ['c:\\d', 'v="c:\\\\d"'],
    ['two\nlines\r\n', 'v="two\\nlines\\r\\n"'],
    ['\u001b[31mred', 'v="\\u001b[31mred"'],
    ['\u009b31mred', 'v="\\u009b31mred"'],
    ['a\u2028b', 'v="a\\u2028b"'],
    ['\u202eabc', 'v="\\u202eabc"'],
    ['ノード', 'v=ノード'],
    ['\ud800', 'v="\\ud800"'],
    [undefined, ''],
    [Number.POSITIVE_INFINITY, 'v=Infinity'],
    [2n ** 64n, 'v=18446744073709551616'],
    [new Map([['drop', 5]]), 'v="{\\"drop\\":5}"'],
    [new Set([1]), 'v=[1]'],
    [new Date(0), 'v=1970-01-01T00:00:00.000Z'],
  ])('writes the value %o as %s in logfmt', (value, expected) => {
    expect(logfmtOf({ v: value })).toBe(`level=warn msg=m ${expected}`.trimEnd());
  });

  it('leaves no character in JSON that drives a terminal or breaks a line', () => {
    const line = lineOf('json', { v: '\u009b31m\u2028\u202e\u2066\u007f\u0000' }, 'a\u0085b\n');
    expect(line).toMatch(/^[\u0020-\u007e]+\n$/);
    expect(JSON.parse(line)).toMatchObject({ v: '\u009b31m\u2028\u202e\u2066\u007f\u0000', msg: 'a\u0085b\n' });
  });

  it('keeps odd field names apart from its own and from the syntax', () => {
    expect(logfmtOf({ level: 1, msg: 2, time: 3, 'a b="\n': 4, '': 5 })).toBe(
      'level=warn msg=m level_=1 msg_=2 time_=3 a_b___=4 _=5',
    );
    expect(lineOf('json', JSON.parse('{"__proto__":1,"constructor":2}') as object, 'm')).toContain(
      '"__proto__":1,"constructor":2',
    );
  });

  it('does not read a message as a format', () => {
    expect(jsonOf({}, '100% of %s %d %j')).toMatchObject({ msg: '100% of %s %d %j' });
  });
});

describe('createLog() given an Error', () => {
  it('writes message, remedy and causes, and no stack', () => {
    const { time, ...line } = jsonOf({ error: remedied });
    expect(line).toEqual({
      level: 'warn',
      error: 'Cannot read "/x": permission denied',
      remedy: 'Run as root',
      cause: 'EACCES: deeper',
      msg: 'm',
    });
  });

  it('writes the stack when the level is debug', () => {
    expect(jsonOf({ error: remedied }, 'm', 'debug')).toMatchObject({ stack: expect.stringContaining('log.test.ts') });
  });

  it('names the companions after a field that is not called error', () => {
    expect(logfmtOf({ problem: remedied })).toContain('problemRemedy="Run as root" problemCause="EACCES: deeper"');
  });

  it('takes an Error in place of the fields, and finds one inside a value', () => {
    expect(jsonOf(new Error('bare'))).toMatchObject({ error: 'bare' });
    expect(jsonOf({ sources: [{ problem: new Error('nested') }] })).toMatchObject({ sources: [{ problem: 'nested' }] });
  });

  it('finds words for an Error without a message', () => {
    const both = new AggregateError([new Error('refused on ::1'), new Error('refused on 127.0.0.1')]);
    expect(jsonOf({ error: both })).toMatchObject({ error: 'refused on ::1; refused on 127.0.0.1' });
    expect(jsonOf({ error: new TypeError() })).toMatchObject({ error: 'TypeError' });
  });

  it('ends a chain of causes that bites its own tail', () => {
    const snake = new Error('snake');
    snake.cause = snake;
    expect(jsonOf({ error: snake })).toMatchObject({ cause: 'snake: snake: snake: snake: snake' });
  });

  it('says so when a value cannot be logged', () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    expect(lineOf('json', { circle }, 'm')).toContain('"circle":"(cannot be logged: Converting circular structure');
  });
});

describe('createLog() given too much', () => {
  it.each<[string, object, string]>([
    ['a long value', { v: 'x'.repeat(1_000_000) }, 'm'],
    ['a long message', {}, 'x'.repeat(1_000_000)],
    ['a value that grows when escaped', { v: '\u0001"\\'.repeat(100_000) }, '\u009b'.repeat(100_000)],
    ['values of many bytes a character', { a: 'ノ'.repeat(2000), b: 'ノ'.repeat(2000) }, 'm'],
    ['a long list', { v: Array.from({ length: 100_000 }, (_, i) => i) }, 'm'],
    ['many fields', Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field${i}`, 'value'])), 'm'],
    ['a long name', { ['n'.repeat(100_000)]: 1 }, 'm'],
  ])('caps the line for %s and keeps it whole', (_what, fields, message) => {
    for (const format of ['json', 'logfmt'] as const) {
      expect(Buffer.byteLength(lineOf(format, fields, message))).toBeLessThanOrEqual(MAX_LINE_BYTES);
    }
    expect(jsonOf(fields, message)).toMatchObject({ level: 'warn' });
  });

  it('says how long a clipped value was, and leaves the short ones alone', () => {
    expect(jsonOf({ short: 'x', long: 'x'.repeat(9000) })).toMatchObject({
      short: 'x',
      long: `${'x'.repeat(2000)}... (9000 characters)`,
    });
  });
});

describe('createLog() when nobody reads', () => {
  it('goes on without a descriptor to write to, and tries each line once', () => {
    const write = vi.fn(writerTo(openSync('/dev/full', 'w')));
    const log = createLog({ level: 'info', format: 'json', wallClock: Date.now, write });
    for (let i = 0; i < 100; i++) log.error({ error: remedied }, 'lost');
    expect(write).toHaveBeenCalledTimes(100);
  });

  it('says how many lines were lost as soon as it can write again', () => {
    const lines: string[] = [];
    let isFull = true;
    const write = (line: string) => {
      if (isFull) throw new Error('ENOSPC');
      lines.push(line);
    };
    const log = createLog({ level: 'info', format: 'logfmt', wallClock: Date.now, write });
    log.info({}, 'one');
    log.info({}, 'two');
    isFull = false;
    log.info({ a: 1 }, 'three');
    log.info({}, 'four');
    expect(lines.map((line) => line.replace(/^time=\S+ /, ''))).toEqual([
      'level=info msg=three linesLost=2 a=1\n',
      'level=info msg=four\n',
    ]);
  });
});

describe('writerTo()', () => {
  let folder: string;
  let reader: number;
  let writer: number;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'conntrack-agent-log-'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    reader = openSync(join(folder, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    writer = openSync(join(folder, 'pipe'), constants.O_WRONLY | constants.O_NONBLOCK);
  });
  afterAll(() => {
    closeSync(writer);
    rmSync(folder, { recursive: true });
  });

  function drain(): string {
    const buffer = Buffer.alloc(1 << 20);
    return buffer.toString('utf8', 0, readSync(reader, buffer));
  }

  it('starts a new line after one that a full pipe took half of', () => {
    const write = writerTo(writer);
    expect(() => write(`${'x'.repeat(1_000_000)}\n`)).toThrow('EAGAIN');
    expect(() => write('no room\n')).toThrow('EAGAIN');
    expect(drain()).toMatch(/^x+$/);
    write('whole\n');
    write('next\n');
    expect(drain()).toBe('\nwhole\nnext\n');
  });

  it('throws when the reader has gone', () => {
    closeSync(reader);
    expect(() => writerTo(writer)('line\n')).toThrow('EPIPE');
  });
});
