import type { Server } from 'node:http';
import type { Log } from '../../model/log.ts';
import { describeError } from '../../model/operator-error.ts';
import type { ConnectionGuard } from './connection-guard.ts';
import { socketProblem } from './listen-problem.ts';
import { listening, logProblems, stopServer } from './server-lifecycle.ts';
import {
  bindingName,
  isInPlace,
  prepareSocketPath,
  publishSocket,
  removeSocket,
  type SocketFile,
} from './socket-file.ts';

/** One lstat each time. A pod is killed after three failed probes, ten seconds apart, which leaves time for several tries. */
const CHECK_MS = 2_000;

type Guarded = { readonly server: Server; readonly guard: ConnectionGuard };
type Bound = Guarded & { readonly file: SocketFile };

export type SocketListenerParts = {
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
  /** Why the socket file cannot be made again; logged once. */
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #retired: Promise<unknown> = Promise.resolve();

  constructor(parts: SocketListenerParts) {
    this.address = `unix:${parts.path}`;
    this.#parts = parts;
  }

  /** Rejects where the file cannot be made at the start. */
  async start(): Promise<void> {
    this.#bound = await this.#bind();
    this.#timer = setInterval(() => this.#check(), this.#parts.checkMs ?? CHECK_MS).unref();
  }

  /** Resolves when the last connection is gone. */
  async stop(): Promise<void> {
    const { log, path } = this.#parts;
    clearInterval(this.#timer);
    await this.#checking;
    if (this.#bound !== undefined) {
      await removeSocket(this.#bound.file).catch((error: unknown) => {
        log.warn({ error }, `Cannot remove "${path}": the next agent replaces it`);
      });
      this.#retire(this.#bound);
    }
    await this.#retired;
  }

  #check(): void {
    this.#checking ??= this.#checkNow().finally(() => {
      this.#checking = undefined;
    });
  }

  /** Never rejects. */
  async #checkNow(): Promise<void> {
    const { log, path } = this.#parts;
    if (this.#bound !== undefined) {
      if (isInPlace(this.#bound.file)) return;
      log.warn({}, `The socket file "${path}" was removed or replaced: healthcheck cannot find this agent`);
      // First, since libuv removes the binding name of a server that closes, and the next one has the same.
      this.#retire(this.#bound);
    }
    try {
      this.#bound = await this.#bind();
      this.#problem = undefined;
      log.info({ address: this.address }, `Listening on "${this.address}" again`);
    } catch (error) {
      const { message, remedy } = describeError(socketProblem(path, error));
      if (message !== this.#problem) log.warn({ remedy }, `${message}; trying again until it can be done`);
      this.#problem = message;
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
