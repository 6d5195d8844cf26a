import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NodeReader } from '../../src/host/node-reader.ts';
import { ProcFs } from '../../src/host/procfs/proc-fs.ts';
import { OperatorError } from '../../src/model/operator-error.ts';
import { isModuleLoaded, type Reading, type SourceName } from '../../src/model/reading.ts';
import { asNobody } from '../as-nobody.ts';
import { FakeNode, type FakeNodeOptions } from '../fake-node.ts';

const FOLDER = 'sys/net/netfilter';
const SYSCTLS = { entries: 'nf_conntrack_count', limit: 'nf_conntrack_max', buckets: 'nf_conntrack_buckets' } as const;
const OTHERS = ['entries', 'limit', 'buckets', 'timeouts', 'counters'] as const;

/** A reader on a node of its own, whose clock goes on by two seconds with each call. */
async function readerOf(options: FakeNodeOptions = {}) {
  const node = await FakeNode.create({ entries: 5, limit: 100, buckets: 50, ...options });
  let nowMs = 0;
  const clock = () => {
    nowMs += 2000;
    return nowMs;
  };
  const reader = new NodeReader({ proc: new ProcFs(node.procRoot), clock, counters: { fallBack: true } });
  const dispose = async () => {
    reader.close();
    await node.dispose();
  };
  return { node, reader, [Symbol.asyncDispose]: dispose };
}

function reportOf(reading: Reading, source: SourceName) {
  const reports = reading.sources.filter((report) => report.source === source);
  expect(reports).toHaveLength(1);
  return reports[0]!;
}

/** All sources but one are up. */
function expectOthersUp(reading: Reading, source: SourceName): void {
  for (const other of OTHERS) if (other !== source) expect([other, reportOf(reading, other).up]).toEqual([other, true]);
}

describe.each(Object.entries(SYSCTLS) as ['entries', string][])('%s out of %s', (source, file) => {
  const path = `${FOLDER}/${file}`;

  it.each([
    ['no newline', '7', 7],
    ['CRLF', '7\r\n', 7],
    ['spaces', ' 7 \n', 7],
    ['zero', '0\n', 0],
  ])('is read with %s', async (_, text, value) => {
    await using own = await readerOf();
    own.node.write(path, text);
    expect(own.reader.read()[source]).toBe(value);
  });

  it.each([
    ['empty', ''],
    ['a negative fraction', '-1.5\n'],
    ['hex', '0x10\n'],
    ['text', 'unlimited\n'],
    ['over 2^53', '9007199254740992\n'],
  ])(
    'is undefined, never 0, when the file is %s; the problem names the file and the other sources go on',
    async (_, text) => {
      await using own = await readerOf();
      own.node.write(path, text);
      const reading = own.reader.read();
      expect(reading[source]).toBeUndefined();
      const { up, problem } = reportOf(reading, source);
      expect(up).toBe(false);
      expect(problem).toBeInstanceOf(OperatorError);
      expect(problem?.message).toContain(`Cannot parse "${join(own.node.procRoot, path)}": it`);
      expect((problem as OperatorError).remedy).toContain('--path.procfs');
      expectOthersUp(reading, source);
    },
  );

  it('is undefined without a problem when the file is missing', async () => {
    await using own = await readerOf();
    own.node.remove('net/stat/nf_conntrack'); // The count stands there too.
    own.node.remove(path);
    const reading = own.reader.read();
    expect(reading[source]).toBeUndefined();
    expect(reportOf(reading, source)).toMatchObject({ up: false });
    expect(reportOf(reading, source).problem).toBeUndefined();
  });

  it('is undefined with a problem when it is a directory', async () => {
    await using own = await readerOf();
    own.node.remove(path);
    mkdirSync(join(own.node.procRoot, path));
    const reading = own.reader.read();
    expect(reading[source]).toBeUndefined();
    expect(reportOf(reading, source).problem?.message).toContain('it is a directory, expected a regular file');
    expectOthersUp(reading, source);
  });

  it('is undefined with a problem when it may not be read', async () => {
    await using own = await readerOf();
    chmodSync(join(own.node.procRoot, '..'), 0o755);
    chmodSync(join(own.node.procRoot, path), 0o000);
    const reading = asNobody(() => own.reader.read());
    expect(reading[source]).toBeUndefined();
    expect(reportOf(reading, source).problem?.message).toContain('permission denied');
  });

  it('follows a file that vanishes between two reads and comes back', async () => {
    await using own = await readerOf();
    own.node.remove('net/stat/nf_conntrack');
    own.reader.read();
    const before = own.node.read(path);
    own.node.remove(path);
    expect(own.reader.read()[source]).toBeUndefined();
    own.node.write(path, before);
    expect(own.reader.read()[source]).toBe(Number(before));
  });

  it('recovers from what it could not parse', async () => {
    await using own = await readerOf();
    own.node.write(path, 'x');
    expect(own.reader.read()[source]).toBeUndefined();
    own.node.write(path, '9\n');
    expect(own.reader.read()[source]).toBe(9);
  });
});

describe('NodeReader', () => {
  it('reads a limit of 0 and a count above the limit as they are', async () => {
    await using own = await readerOf({ entries: 120, limit: 0 });
    expect(own.reader.sample()).toMatchObject({ entries: 120, limit: 0 });
  });

  it('is all absent on a node without the module, and finds everything once it is loaded', async () => {
    await using own = await readerOf();
    own.node.unloadModule();
    const without = own.reader.read();
    expect(without).toMatchObject({
      entries: undefined,
      limit: undefined,
      buckets: undefined,
      timeouts: [],
      counters: undefined,
    });
    expect(without.sources.map(({ up, problem }) => [up, problem])).toEqual(OTHERS.map(() => [false, undefined]));
    own.node.loadModule();
    own.node.set({ entries: 3 });
    const loaded = own.reader.read();
    expect(loaded.entries).toBe(3);
    expect(loaded.sources.every(({ up }) => up)).toBe(true);
  });

  it('goes on without counters when the stat file is broken', async () => {
    await using own = await readerOf();
    own.node.write('net/stat/nf_conntrack', 'entries drop\n0000\n');
    const reading = own.reader.read();
    expect(reading.counters).toBeUndefined();
    expect(reportOf(reading, 'counters').problem?.message).toContain('row 0 has 1 fields under 2 column names');
    expectOthersUp(reading, 'counters');
  });
});

describe('a kernel that does not show its sysctls here', () => {
  it('has the count of the file of counters, and a limit that is not known', async () => {
    await using lost = await readerOf({ entries: 41, counters: [{}, {}] });
    for (const name of Object.values(SYSCTLS)) lost.node.remove(`${FOLDER}/${name}`);
    const reading = lost.reader.read();
    expect([reading.entries, reading.limit]).toEqual([41, undefined]);
    expect(reportOf(reading, 'entries')).toMatchObject({ via: 'procfs', up: true });
    expect(isModuleLoaded(reading.sources)).toBe(true);
    expect(lost.reader.sample().entries).toBe(41);
  });
});
