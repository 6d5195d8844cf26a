import { lstatSync } from 'node:fs';
import { chmod, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { OperatorError } from '../../model/operator-error.ts';

/** sockaddr_un.sun_path has 108 bytes with the final zero (include/uapi/linux/un.h); libuv cuts a longer path off silently. */
const PATH_BYTES_MAX = 107;

const PROBE_MS = 1_000;

/** Which file the socket is, so that only our own is removed. */
export type SocketFile = { readonly path: string; readonly dev: bigint; readonly ino: bigint };

/**
 * The name to bind before the socket moves to `path`. libuv removes the name it bound when the server closes, whoever
 * owns that name by then; it may have this one. The final name appears at once with its mode, and replaces a stale file in one step.
 */
export function bindingName(path: string): string {
  return `${path}.${process.pid}`;
}

/** Makes the folder, and makes sure that no other process uses `path` or the binding name. */
export async function prepareSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(bindingName(path)) > PATH_BYTES_MAX) {
    throw new OperatorError(`Cannot listen on "${path}": the path is too long for a unix socket`, {
      remedy: `Choose a --web.socket of at most ${PATH_BYTES_MAX - `.${process.pid}`.length} bytes`,
    });
  }
  await mkdir(dirname(path), { recursive: true });
  await rm(bindingName(path), { force: true });
  const found = await statIfThere(path);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new OperatorError(`Cannot listen on "${path}": there is a file that is not a socket`, {
      remedy: 'Point --web.socket at another path, or remove that file',
    });
  }
  if (await isAnswered(path)) {
    throw new OperatorError(`Cannot listen on "${path}": another process is listening there`, {
      remedy: 'Stop the other agent, or give this one its own --web.socket',
    });
  }
}

/** Moves a bound socket to its final name, open to the owner and the group. */
export async function publishSocket(path: string): Promise<SocketFile> {
  await chmod(bindingName(path), 0o660);
  await rename(bindingName(path), path);
  const { dev, ino } = await lstat(path, { bigint: true });
  return { path, dev, ino };
}

/**
 * Whether the name still leads to this socket: it may have been removed, replaced, or hidden by a mount. Asked again and again, and
 * therefore at once: libuv's pool would wake a thread for what takes microseconds.
 */
export function isInPlace({ path, dev, ino }: SocketFile): boolean {
  try {
    const found = lstatSync(path, { bigint: true });
    return found.dev === dev && found.ino === ino;
  } catch {
    return false; // Whatever hides it hides it from clients too.
  }
}

/** Before the server closes: until then the kernel cannot give the inode's number to another file. */
export async function removeSocket(file: SocketFile): Promise<void> {
  if (isInPlace(file)) await rm(file.path, { force: true });
}

async function statIfThere(path: string) {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** False when the process behind the file is gone. One that does not answer in time is taken for alive. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    const finish = (settle: () => void) => {
      probe.destroy();
      settle();
    };
    probe.setTimeout(PROBE_MS, () => finish(() => resolve(true)));
    probe.once('connect', () => finish(() => resolve(true)));
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const { code } = error;
      if (code === 'ECONNREFUSED' || code === 'ENOENT') finish(() => resolve(false));
      else if (code === 'EAGAIN')
        finish(() => resolve(true)); // Its backlog is full: alive, and busy.
      else finish(() => reject(error));
    });
  });
}
