import { lstatSync } from 'node:fs';
import { chmod, lstat, mkdir, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Log } from '../../model/log.ts';
import { OperatorError } from '../../model/operator-error.ts';
import { Poller } from '../../system/poller.ts';
import { ProblemLog } from '../../system/problem-log.ts';
import type { ConnectionGuard } from './connection-guard.ts';
import { listening, logProblems, socketProblem, stopServer } from './server-lifecycle.ts';

/** One lstat each time. A pod is killed after three failed probes, ten seconds apart, which leaves time for several tries. */
const CHECK_MS = 2_000;

type Guarded = { readonly server: Server; readonly guard: ConnectionGuard };
type Bound = Guarded & { readonly file: SocketFile };

type SocketListenerParts = {
  readonly path: string;
  /** A server that does not listen yet; called again each time the socket file has to be made again. */
  readonly create: () => Guarded;
  readonly log: Log;
  readonly stopMs?: number | undefined;
  readonly checkMs?: number | undefined;
};

/**
 * Listens on the socket file, and makes a new socket where the file is gone: a socket without a file cannot be connected to,
 * and cannot be given a file again. Another agent's socket in its place is left alone for as long as that agent runs.
 */
export class SocketListener {
  readonly address: string;
  readonly #parts: SocketListenerParts;
  #bound: Bound | undefined;
  /** Why the socket file cannot be made again. */
  readonly #problems: ProblemLog;
  readonly #poller: Poller;
  #retired: Promise<unknown> = Promise.resolve();

  constructor(parts: SocketListenerParts) {
    this.address = `unix:${parts.path}`;
    this.#parts = parts;
    const { log, checkMs = CHECK_MS } = parts;
    this.#problems = new ProblemLog(log);
    this.#poller = new Poller({ run: () => this.#check(), pauseMs: () => checkMs, firstMs: checkMs });
  }

  /** Rejects where the file cannot be made at the start. */
  async start(): Promise<void> {
    this.#bound = await this.#bind();
    this.#poller.start();
  }

  /** Resolves when the last connection is gone. */
  async stop(): Promise<void> {
    const { log, path } = this.#parts;
    await this.#poller.stop();
    if (this.#bound !== undefined) {
      await removeSocket(this.#bound.file).catch((error: unknown) => {
        log.warn({ error }, `Cannot remove "${path}": the next agent replaces it`);
      });
      this.#retire(this.#bound);
    }
    await this.#retired;
  }

  /** Never rejects. */
  async #check(): Promise<void> {
    const { log, path } = this.#parts;
    if (this.#bound !== undefined) {
      if (isInPlace(this.#bound.file)) return;
      log.warn({}, `The socket file "${path}" was removed or replaced: healthcheck cannot find this agent`);
      // First, since libuv removes the binding name of a server that closes, and the next one has the same.
      this.#retire(this.#bound);
    }
    try {
      this.#bound = await this.#bind();
      this.#problems.note(undefined);
      log.info({ address: this.address }, `Listening on "${this.address}" again`);
    } catch (error) {
      this.#problems.failed(socketProblem(path, error), 'trying again until the socket file can be made');
    }
  }

  async #bind(): Promise<Bound> {
    const { path, create, log } = this.#parts;
    await prepareSocketPath(path);
    const { server, guard } = create();
    guard.listener = this.address;
    await listening(server, { path: bindingName(path) });
    logProblems(server, this.address, log);
    try {
      return { server, guard, file: await publishSocket(path) };
    } catch (error) {
      await stopServer(server, guard, 0);
      throw error;
    }
  }

  /** Its connections have the answers that are under way, and connect anew. */
  #retire({ server, guard }: Guarded): void {
    this.#bound = undefined;
    this.#retired = Promise.all([this.#retired, stopServer(server, guard, this.#parts.stopMs)]);
  }
}

const PROBE_MS = 1_000;

/** Which file the socket is, so that only our own is removed. */
type SocketFile = { readonly path: string; readonly dev: bigint; readonly ino: bigint };

/**
 * The name to bind before the socket moves to `path`. libuv removes the name it bound when the server closes, whoever
 * owns that name by then; it may have this one. The final name appears at once with its mode, and replaces a stale file in one step.
 */
function bindingName(path: string): string {
  return `${path}.${process.pid}`;
}

/** Makes the folder, and makes sure that no other process uses `path` or the binding name. */
async function prepareSocketPath(path: string): Promise<void> {
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
async function publishSocket(path: string): Promise<SocketFile> {
  await chmod(bindingName(path), 0o660);
  await rename(bindingName(path), path);
  const { dev, ino } = await lstat(path, { bigint: true });
  return { path, dev, ino };
}

/**
 * Whether the name still leads to this socket: it may have been removed, replaced, or hidden by a mount. Asked again and again, and
 * therefore at once: libuv's pool would wake a thread for what takes microseconds.
 */
function isInPlace({ path, dev, ino }: SocketFile): boolean {
  try {
    const found = lstatSync(path, { bigint: true });
    return found.dev === dev && found.ino === ino;
  } catch {
    return false; // Whatever hides it hides it from clients too.
  }
}

/** Before the server closes: until then the kernel cannot give the inode's number to another file. */
async function removeSocket(file: SocketFile): Promise<void> {
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
