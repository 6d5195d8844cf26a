import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeptFile } from '../../../src/host/procfs/proc-fs.ts';
import { asNobody } from '../../as-nobody.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-file-'));
  path = join(folder, 'nf_conntrack_count');
});
afterEach(() => rmSync(folder, { recursive: true }));

const textOf = (file: KeptFile, nowMs: number) => file.read(nowMs)?.toString();
const descriptors = () => readdirSync('/proc/self/fd').length;

describe('KeptFile', () => {
  it('reads afresh each time through one descriptor', () => {
    writeFileSync(path, '5\n');
    const file = new KeptFile(path);
    expect(textOf(file, 0)).toBe('5\n');
    const open = descriptors();
    writeFileSync(path, '10\n');
    expect(textOf(file, 1)).toBe('10\n');
    expect(descriptors()).toBe(open);
    file.close();
    expect(descriptors()).toBe(open - 1);
  });

  it('is undefined while the file is absent, and finds it when it appears', () => {
    const file = new KeptFile(path);
    expect(file.read(0)).toBeUndefined();
    writeFileSync(path, '5\n');
    expect(textOf(file, 1)).toBe('5\n');
  });

  it('notices within a second that the file was replaced under its name', () => {
    writeFileSync(path, 'old\n');
    const file = new KeptFile(path);
    file.read(0);
    writeFileSync(`${path}.new`, 'new\n');
    renameSync(`${path}.new`, path);
    expect(textOf(file, 999)).toBe('old\n');
    expect(textOf(file, 1000)).toBe('new\n');
  });

  it('notices within a second that the file is gone', () => {
    writeFileSync(path, '5\n');
    const file = new KeptFile(path);
    file.read(0);
    rmSync(path);
    expect(file.read(1000)).toBeUndefined();
  });

  it('keeps no descriptor of what it could not read', () => {
    mkdirSync(path);
    const before = descriptors();
    const file = new KeptFile(path);
    expect(() => file.read(0)).toThrow(`Cannot read "${path}": it is a directory, expected a regular file`);
    expect(descriptors()).toBe(before);
  });

  it('says which file may not be read, and what to do', () => {
    writeFileSync(path, '5\n');
    chmodSync(path, 0o000);
    chmodSync(folder, 0o755);
    asNobody(() => expect(() => new KeptFile(path).read(0)).toThrow(`Cannot read "${path}": permission denied`));
  });
});
