import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Log } from '../log.ts';
import { type ConnectionLimits, chooseVictim, originOf } from './eviction.ts';

/** Nobody needs to ask more often than this before the first answer is there; scrapers never do. */
const PIPELINED_MAX = 8;

/** A flood closes thousands; the log gets a line a minute. */
const REPORT_EVERY_MS = 60_000;

/** A connection with what it has done so far. */
class Connection {
  socket: Socket;
  readonly origin: string;
  readonly answers = new Set<ServerResponse>(); // being made or being sent
  proven = false;
  idleSinceMs = performance.now();

  constructor(socket: Socket) {
    this.socket = socket;
    this.origin = originOf(socket.remoteAddress);
  }

  get busy(): boolean {
    return this.answers.size > 0;
  }
}

/** Keeps count of one listener's connections, closes one when there are too many, and all of them in the end. */
export class ConnectionGuard {
  readonly #limits: ConnectionLimits;
  readonly #held = new Map<Socket, Connection>();
  readonly #log: Log;
  #draining = false;
  #evicted = 0; // since the last report
  #reportedAtMs = -Infinity;

  constructor(limits: ConnectionLimits, log: Log) {
    this.#limits = limits;
    this.#log = log;
  }

  /** Takes a new connection in, at the cost of another one where there is no room. */
  admit(socket: Socket): void {
    const newcomer = new Connection(socket);
    const victim = chooseVictim([...this.#held.values()], newcomer, this.#limits);
    if (victim) this.#evict(victim);
    this.#held.set(socket, newcomer);
    socket.once('close', () => this.#held.delete(socket));
  }

  /** A handshake is done: requests will come on this socket, which is another one than was admitted. */
  secured(socket: TLSSocket): void {
    const wire = wireOf(socket);
    for (const [raw, connection] of this.#held) {
      if (wireOf(raw) !== wire) continue;
      connection.socket = socket;
      this.#held.delete(raw);
      this.#held.set(socket, connection);
      socket.once('close', () => this.#held.delete(socket));
      return;
    }
    socket.destroy(); // Evicted during its handshake.
  }

  #evict({ socket, origin }: Connection): void {
    this.#drop(socket);
    this.#evicted++;
    const nowMs = performance.now();
    if (nowMs - this.#reportedAtMs < REPORT_EVERY_MS) return;
    const { connections } = this.#limits;
    this.#log.warn(
      { origin, connections, closed: this.#evicted },
      'Too many connections: closing those least likely to be missed',
    );
    this.#reportedAtMs = nowMs;
    this.#evicted = 0;
  }

  /** Forgotten at once, because 'close' comes later and a burst must not choose the same one twice. */
  #drop(socket: Socket): void {
    this.#held.delete(socket);
    socket.destroy();
  }

  /** Notes a request. False when the connection was closed instead, for asking on and on without waiting for an answer. */
  begin(req: IncomingMessage, res: ServerResponse): boolean {
    const connection = this.#held.get(req.socket);
    if (connection === undefined) return !req.socket.destroyed;
    if (connection.answers.size >= PIPELINED_MAX) {
      // One 64 kB read can carry thousands of requests, and the parser hands them all over before it looks at anything.
      this.#drop(req.socket);
      return false;
    }
    connection.answers.add(res);
    if (this.#draining) res.setHeader('Connection', 'close');
    res.once('close', () => this.#end(connection, res));
    return true;
  }

  #end(connection: Connection, res: ServerResponse): void {
    connection.answers.delete(res);
    connection.idleSinceMs = performance.now();
    if (res.writableFinished && res.statusCode < 400) connection.proven = true;
    if (this.#draining && !connection.busy) connection.socket.destroySoon();
  }

  /** Closes what is idle now, and the rest as its answers go out. */
  drain(): void {
    this.#draining = true;
    for (const { socket, busy, answers } of this.#held.values()) {
      if (!busy) socket.destroy();
      for (const res of answers) if (!res.headersSent) res.setHeader('Connection', 'close');
    }
  }

  destroyAll(): void {
    for (const socket of this.#held.keys()) socket.destroy();
  }
}

/** The four numbers that make a TCP connection; Node does not tell which socket a TLS socket was made of. */
function wireOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
