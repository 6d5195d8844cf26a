import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Log } from '../../model/log.ts';
import { Connection } from './connection.ts';
import { type ConnectionLimits, connectionToEvict } from './eviction.ts';
import type { OriginOf } from './origin.ts';
import { RequestFeed } from './request-feed.ts';

/** A flood closes thousands; the log gets a line a minute. */
const REPORT_EVERY_MS = 60_000;

export type ConnectionGuardOptions = {
  readonly limits: ConnectionLimits;
  /** Most bytes of a connection that may wait behind the request being answered: one more request. */
  readonly waitingBytes: number;
  readonly originOf: OriginOf;
  /** Whether a request is for the metrics. */
  readonly isScrape: (req: IncomingMessage) => boolean;
};

/** Keeps count of one listener's connections, closes one when there are too many, and all of them in the end. */
export class ConnectionGuard {
  readonly #options: ConnectionGuardOptions;
  readonly #held = new Map<Socket, Connection>();
  readonly #log: Log;
  #isDraining = false;
  #evicted = 0; // since the last report
  #reportedAtMs = -Infinity;

  constructor(options: ConnectionGuardOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  /** Takes a new connection in, at the cost of another one where there is no room. */
  admit(socket: Socket): void {
    const newcomer = new Connection(socket, this.#options.originOf(socket.remoteAddress), performance.now());
    const evicted = connectionToEvict([...this.#held.values()], newcomer, this.#options.limits);
    if (evicted) this.#evict(evicted);
    this.#hold(socket, newcomer);
  }

  /** A handshake is done: requests will come on this socket, which is another one than was admitted. */
  secured(socket: TLSSocket): void {
    const ends = endsOf(socket);
    for (const [raw, connection] of this.#held) {
      if (endsOf(raw) !== ends) continue;
      connection.socket = socket;
      this.#held.delete(raw);
      this.#hold(socket, connection);
      return;
    }
    socket.destroy(); // Evicted during its handshake.
  }

  #hold(socket: Socket, connection: Connection): void {
    this.#held.set(socket, connection);
    socket.once('close', () => this.#held.delete(socket));
  }

  /** The HTTP server has taken on this socket, and now gets what comes on it request by request. */
  feed(socket: Socket): void {
    const connection = this.#held.get(socket);
    if (connection === undefined) return void socket.destroy();
    connection.feed = new RequestFeed(socket, {
      waitingBytes: this.#options.waitingBytes,
      isBusy: () => connection.isBusy,
      overrun: () => this.#drop(socket),
    });
  }

  #evict({ socket, origin }: Connection): void {
    this.#drop(socket);
    this.#evicted++;
    const nowMs = performance.now();
    if (nowMs - this.#reportedAtMs < REPORT_EVERY_MS) return;
    const { connections } = this.#options.limits;
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

  /** Notes a request. Undefined when its connection is not held any more, and nobody waits for an answer. */
  begin(req: IncomingMessage, res: ServerResponse): Connection | undefined {
    const connection = this.#held.get(req.socket);
    if (connection === undefined) return undefined;
    connection.begin(res);
    if (this.#isDraining) connection.closeAfterAnswer();
    res.once('close', () => this.#end(connection, req));
    return connection;
  }

  #end(connection: Connection, req: IncomingMessage): void {
    connection.end({ isScrape: this.#options.isScrape(req), nowMs: performance.now() });
    if (this.#isDraining) connection.socket.destroySoon();
    else connection.feed?.next();
  }

  /** Closes what is idle now, and the rest as its answers go out. */
  drain(): void {
    this.#isDraining = true;
    for (const connection of this.#held.values()) {
      if (connection.isBusy) connection.closeAfterAnswer();
      else connection.socket.destroy();
    }
  }

  destroyAll(): void {
    for (const socket of this.#held.keys()) socket.destroy();
  }
}

/** The four numbers that make a TCP connection; Node does not tell which socket a TLS socket was made of. */
function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
