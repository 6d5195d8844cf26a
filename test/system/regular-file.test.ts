import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authoritiesOf, credentialsOf } from '../../src/alertmanager/secret-files.ts';
import { KeptFile, ProcFs } from '../../src/host/proc-fs.ts';
import { ProcessFiles } from '../../src/host/process-files.ts';
import { BYTES_MAX, openRegularFile, readRegularFile, UnfitFileError } from '../../src/system/regular-file.ts';
import { WebConfigFile } from '../../src/web/server/web-config/web-config-file.ts';
import { makeFifo } from '../fifo.ts';
import { collectedLog } from '../web/collected-log.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regular-file-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true }));

const descriptors = () => readdirSync('/proc/self/fd').length;

describe('readRegularFile()', () => {
  it.each([0, 1, 5, 16_384, 16_385, 200_000])('reads a file of %i bytes whole', (size) => {
    const content = Buffer.alloc(size, 'abcdefg');
    writeFileSync(path, content);
    expect(readRegularFile(path, 200_000).equals(content)).toBe(true);
  });

  it('reads what procfs writes when it is asked, which has no size before', () => {
    expect(readRegularFile('/proc/self/status', BYTES_MAX.procfs).toString()).toMatch(/^Name:\t.*^CapEff:\t/ms);
  });

  it('follows symbolic links, as those of a mounted Secret are', () => {
    mkdirSync(join(folder, '..data'));
    writeFileSync(join(folder, '..data', 'file'), 's3cret');
    symlinkSync('..data/file', path);
    expect(readRegularFile(path, 100).toString()).toBe('s3cret');
  });

  it('does not read on where a file is longer than its kind', () => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
    expect(() => readRegularFile(path, BYTES_MAX.configuration)).toThrow(new UnfitFileError('it is longer than 1 MiB'));
    expect(() => readRegularFile(path, BYTES_MAX.secret)).toThrow(new UnfitFileError('it is longer than 16 KiB'));
  });

  it('leaves it to the system to say that there is no file', () => {
    expect(() => readRegularFile(path, 100)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('keeps no descriptor, whatever it met', () => {
    makeFifo(path);
    writeFileSync(join(folder, 'long'), 'too long');
    const before = descriptors();
    for (const name of ['file', 'long', 'absent']) expect(() => readRegularFile(join(folder, name), 3)).toThrow();
    expect(descriptors()).toBe(before);
  });
});

describe('openRegularFile()', () => {
  it.each([
    ['FIFO', () => void makeFifo(path)],
    ['directory', () => mkdirSync(path)],
    ['character device', () => symlinkSync('/dev/zero', path)],
    ['socket', () => new Promise<void>((done) => void createServer().listen(path, done).unref())],
  ])('says that it met a %s, without waiting', async (kind, make) => {
    await make();
    const seen = new UnfitFileError(`it is a ${kind}, expected a regular file`);
    expect(() => openRegularFile(path)).toThrow(seen);
  });
});

describe('a FIFO in the place of', () => {
  const SEEN = 'it is a FIFO, expected a regular file';
  const wrong = () => `Cannot read "${path}": ${SEEN}`;

  beforeEach(() => void makeFifo(path));

  it('a file of procfs', () => {
    expect(() => new ProcFs(folder).read('file')).toThrow(wrong());
  });

  it('a file of procfs that is kept open', () => {
    expect(() => new KeptFile(path).read(0)).toThrow(wrong());
  });

  it('a file of procfs that was kept open before', () => {
    rmSync(path);
    writeFileSync(path, '5\n');
    const file = new KeptFile(path);
    expect(file.read(0)?.toString()).toBe('5\n');
    rmSync(path);
    makeFifo(path);
    expect(() => file.read(1000)).toThrow(wrong());
  });

  it("a process's file", () => {
    mkdirSync(join(folder, '7'));
    makeFifo(join(folder, '7', 'comm'));
    expect(() => new ProcessFiles(folder).nameOf(7)).toThrow(`Cannot read "${folder}/7/comm": ${SEEN}`);
  });

  it('the web configuration', () => {
    expect(() => new WebConfigFile(path, collectedLog().log)).toThrow(wrong());
  });

  it('a certificate or key that it names', () => {
    const config = join(folder, 'web.yml');
    writeFileSync(config, 'tls_server_config: {cert_file: file, key_file: file}\n');
    expect(() => new WebConfigFile(config, collectedLog().log)).toThrow(wrong());
  });

  it('a password, a token or an authority for Alertmanager', () => {
    const basicAuth = { username: 'agent', passwordFile: path };
    expect(credentialsOf({ basicAuth })).toThrow(wrong());
    expect(credentialsOf({ bearerTokenFile: path })).toThrow(wrong());
    expect(authoritiesOf({ caFile: path })).toThrow(wrong());
  });
});
