import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Log } from '../../model/log.ts';
import type { ScrapeObserver } from '../../model/scrapers.ts';
import { clientAddress, type OriginOf } from './client-group.ts';
import { type Answered, Connection, type HeldConnection } from './connection.ts';
import { RequestFeed } from './pipeline-limiter.ts';

/** A flood closes thousands of connections; the log gets one line a minute. */
const REPORT_EVERY_MS = 60_000;

type ConnectionGuardOptions = {
  readonly limits: ConnectionLimits;
  /** Most bytes of a connection that may wait behind the request being answered: one more request. */
  readonly waitingBytes: number;
  readonly originOf: OriginOf;
  /** Whether a request is for the metrics. */
  readonly isScrape: (req: IncomingMessage) => boolean;
  /** Undefined where nobody wants to know who scrapes. */
  readonly observer?: ScrapeObserver | undefined;
};

/** Of what a client calls itself, so much is kept. */
const USER_AGENT_LENGTH = 120;

/** The connections of one listener: closes one when there are too many, and all of them when the listener stops. */
export class ConnectionGuard {
  /** Name of the listener, as in the log; set once it listens. */
  listener = '';
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

  /** Adds a new connection, and closes another one where there are too many. */
  admit(socket: Socket): void {
    const newcomer = new Connection(socket, this.#options.originOf(socket.remoteAddress), performance.now());
    const evicted = connectionToEvict([...this.#held.values()], newcomer, this.#options.limits);
    if (evicted) this.#evict(evicted);
    this.#hold(socket, newcomer);
  }

  /** A TLS handshake is done: requests will come on this socket, which is not the one that was admitted. */
  secured(socket: TLSSocket): void {
    const addresses = addressesOf(socket);
    for (const [raw, connection] of this.#held) {
      if (addressesOf(raw) !== addresses) continue;
      connection.socket = socket;
      this.#held.delete(raw);
      this.#hold(socket, connection);
      return;
    }
    socket.destroy(); // Evicted during its handshake.
  }

  #hold(socket: Socket, connection: Connection): void {
    this.#held.set(socket, connection);
    // Node closes an idle connection in its own listener to this event.
    socket.once('timeout', () => {
      if (!connection.isBusy) connection.closedBy = 'keep_alive';
    });
    socket.once('close', () => {
      this.#held.delete(socket);
      if (connection.socket === socket) this.#reportClosed(connection);
    });
  }

  /** The HTTP server uses this socket from now on, and is given its data one request at a time. */
  feed(socket: Socket): void {
    const connection = this.#held.get(socket);
    if (connection === undefined) return void socket.destroy();
    connection.feed = new RequestFeed(socket, {
      waitingBytes: this.#options.waitingBytes,
      isBusy: () => connection.isBusy,
      overrun: () => this.#drop(socket),
    });
  }

  #evict(connection: Connection): void {
    const { socket, origin } = connection;
    connection.closedBy = 'agent';
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

  /** Removed at once, because 'close' comes later and a burst must not choose the same connection twice. */
  #drop(socket: Socket): void {
    this.#held.delete(socket);
    socket.destroy();
  }

  /** Records a request. Undefined when its connection was closed meanwhile and no answer is needed. */
  begin(req: IncomingMessage, res: ServerResponse): Connection | undefined {
    const connection = this.#held.get(req.socket);
    if (connection === undefined) return undefined;
    connection.begin(res, performance.now());
    if (this.#isDraining) connection.closeAfterAnswer();
    res.once('close', () => this.#end(connection, req));
    return connection;
  }

  #end(connection: Connection, req: IncomingMessage): void {
    const answered = connection.end(req, { isScrape: this.#options.isScrape(req), nowMs: performance.now() });
    if (answered?.isScrape) this.#reportScrape(connection, req, answered);
    if (this.#isDraining) connection.socket.destroySoon();
    else connection.feed?.next();
  }

  #reportScrape({ id: connectionId, address }: Connection, { headers }: IncomingMessage, answered: Answered): void {
    const { isFirst, durationMs, notKept } = answered;
    const { listener } = this;
    const kind = listener.startsWith('unix:') ? 'socket' : isFirst ? 'new' : 'kept';
    const userAgent = (headers['user-agent'] ?? '').slice(0, USER_AGENT_LENGTH);
    const scraper = { address: clientAddress(address), userAgent, listener };
    this.#options.observer?.scraped({ scraper, kind, connectionId, durationMs, notKept });
  }

  #reportClosed({ id: connectionId, closedBy, hasScraped, idleSinceMs }: Connection): void {
    if (!hasScraped) return;
    const idleMs = performance.now() - idleSinceMs;
    this.#options.observer?.closed({ connectionId, closedBy, idleMs });
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

/** The addresses and ports that identify a TCP connection; Node does not expose the socket under a TLS socket. */
function addressesOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}

export type ConnectionLimits = {
  /** Most connections one listener holds. */
  readonly connections: number;
  /** Of these, how many no single origin can take: a client from elsewhere can connect without another one being closed. */
  readonly reserved: number;
  /** Most scrapers' connections that are never closed; where there are more, those that have been scrapers for the longest. */
  readonly scrapers: number;
  /** Of these, how many of one origin, so that one client cannot take them all by behaving like a scraper. */
  readonly scrapersPerOrigin: number;
};

/**
 * Which of `held` is closed so that `newcomer` can be added; undefined while the limits allow it. The newcomer itself is
 * always accepted: refusing it would shut out a scraper that has to reconnect during a flood.
 *
 * The connection is chosen from the origin that holds the most, so that a flood closes only its own connections. Of those,
 * the ones that never delivered an answer go first, then the longest idle, and busy ones last. A scraper's connection is idle
 * most of the time and would be chosen before any busy one, so it is not among the candidates.
 */
export function connectionToEvict<C extends HeldConnection>(
  held: readonly C[],
  newcomer: HeldConnection,
  limits: ConnectionLimits,
): C | undefined {
  const isFull = held.length >= limits.connections;
  const ofOrigin = held.filter(({ origin }) => origin === newcomer.origin).length + 1;
  const isTooManyOfOrigin = ofOrigin > limits.connections - limits.reserved;
  if (!isFull && !isTooManyOfOrigin) return undefined;
  const kept = scrapersKept(held, limits);
  const candidates = held.filter((connection) => !kept.has(connection));
  const counts = countByOrigin([...candidates, newcomer]);
  const most = Math.max(...candidates.map(({ origin }) => counts.get(origin)!));
  const isCandidate = (origin: string) => (isFull ? counts.get(origin) === most : origin === newcomer.origin);
  return candidates.filter(({ origin }) => isCandidate(origin)).sort(firstToClose)[0];
}

function scrapersKept<C extends HeldConnection>(held: readonly C[], limits: ConnectionLimits): ReadonlySet<C> {
  const scrapers = held
    .filter(({ scraperSinceMs }) => scraperSinceMs !== undefined)
    .sort((a, b) => a.scraperSinceMs! - b.scraperSinceMs!);
  const counts = new Map<string, number>();
  const kept = scrapers.filter(({ origin }) => {
    const count = (counts.get(origin) ?? 0) + 1;
    counts.set(origin, count);
    return count <= limits.scrapersPerOrigin;
  });
  return new Set(kept.slice(0, limits.scrapers));
}

function firstToClose(a: HeldConnection, b: HeldConnection): number {
  return (
    Number(a.isBusy) - Number(b.isBusy) || Number(a.isProven) - Number(b.isProven) || a.idleSinceMs - b.idleSinceMs
  );
}

function countByOrigin(connections: readonly HeldConnection[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { origin } of connections) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  return counts;
}
