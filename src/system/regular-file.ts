/** The one place where the agent opens a file to read it: whatever the path leads to, opening and reading it ends soon. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Most bytes that are read of each kind of file: what is longer is another kind of file, and would fill the memory. */
export const BYTES_MAX = {
  /**
   * A whole file of procfs. The longest have a row for each CPU (net/stat/nf_conntrack: 160 bytes, so 1.3 MiB for the 8192
   * CPUs that Linux can be built for) or for each interface (net/dev: 125 bytes, so 4 MiB is enough for 33,000 pods).
   */
  procfs: 4 * MIB,
  /** What an operator writes or mounts: a ConfigMap and a Secret of Kubernetes hold 1 MiB, Debian's bundle of authorities 0.2. */
  configuration: MIB,
  /** A password or token: it is sent in a header, and servers refuse headers beyond 8 to 16 KiB. */
  secret: 16 * KIB,
} as const;

/** Enough for nearly every file of procfs, which tells no size before it is read. */
const FIRST_BYTES = 16 * KIB;

/** The file is there, but is of another kind than wanted; the message says what was seen, without the path. */
export class UnfitFileError extends Error {}

/**
 * A descriptor to read a regular file with; files of procfs are such.
 * @throws UnfitFileError for everything else, and the system's own error where it cannot be opened
 */
export function openRegularFile(path: string): number {
  expectRegular(statSync(path)); // Before opening it: to open a device does something, as with a watchdog.
  // Should the path lead to a FIFO by now, O_NONBLOCK has the opening not wait for somebody who writes.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    expectRegular(fstatSync(fd));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * All bytes of a regular file.
 * @throws UnfitFileError where it is another kind of file or longer than `bytesMax`, else the system's own error
 */
export function readRegularFile(path: string, bytesMax: number): Buffer {
  const fd = openRegularFile(path);
  try {
    return readWhole(fd, bytesMax);
  } finally {
    closeSync(fd);
  }
}

/** What was seen of a file that could not be opened or read, for the end of an error's message. */
export function whyUnreadable(cause: unknown): string {
  if (cause instanceof UnfitFileError) return cause.message;
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}

/**
 * All bytes of a file that `openRegularFile` has opened. The size that fstat tells is not asked: procfs has 0 there, and a file
 * may grow while it is read. @throws as `readRegularFile` does
 */
export function readWhole(fd: number, bytesMax: number): Buffer {
  let buffer: Buffer = Buffer.allocUnsafe(Math.min(FIRST_BYTES, bytesMax + 1));
  for (let filled = 0; ; ) {
    const bytes = readSync(fd, buffer, filled, buffer.length - filled, null);
    if (bytes === 0) return buffer.subarray(0, filled);
    filled += bytes;
    if (filled > bytesMax) throw new UnfitFileError(`it is longer than ${sizeText(bytesMax)}`);
    if (filled === buffer.length) buffer = grown(buffer, bytesMax + 1);
  }
}

function grown(buffer: Buffer, bytesMax: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.min(2 * buffer.length, bytesMax));
  buffer.copy(larger);
  return larger;
}

function sizeText(bytes: number): string {
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes / KIB} KiB`;
}

function expectRegular(stats: Stats): void {
  if (!stats.isFile()) throw new UnfitFileError(`it is a ${kindOf(stats)}, expected a regular file`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  return stats.isCharacterDevice() ? 'character device' : 'block device';
}
