import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ClosedBy, NotKept } from '../../model/scrapers.ts';
import type { RequestFeed } from './pipeline-limiter.ts';

/** One open connection, with what decides whether it is closed. */
export type HeldConnection = {
  /** Whose connection this is, see `originOf()`. */
  readonly origin: string;
  /** A request is being answered on it. */
  readonly isBusy: boolean;
  /** An answer was delivered over it, so its client may use it again. */
  readonly isProven: boolean;
  /** When it had asked for the metrics often enough to be a scraper's; monotonic. Undefined until then. */
  readonly scraperSinceMs: number | undefined;
  /** When it last ended an answer, else when it was opened; monotonic. */
  readonly idleSinceMs: number;
};

/** Only scrapes at least this far apart are counted: a scraper does not ask more often, and a flood does. */
const SCRAPE_INTERVAL_MS = 1_000;
/** So many of them make a scraper. */
const SCRAPES = 3;

/** One answered request. */
export type Answered = {
  readonly isScrape: boolean;
  /** The first on its connection. */
  readonly isFirst: boolean;
  readonly durationMs: number;
  readonly notKept: NotKept | undefined;
};

let connections = 0;

/** A connection and what it was used for so far. Under TLS its socket changes after the handshake. */
export class Connection implements HeldConnection {
  socket: Socket;
  /** Undefined until the handshake is done. */
  feed: RequestFeed | undefined;
  readonly origin: string;
  /** Read when it is opened, because a socket that is closed has none. Undefined on a unix socket. */
  readonly address: string | undefined;
  readonly id: number;
  /** Who ends it, once it ends. */
  closedBy: ClosedBy = 'client';
  hasScraped = false;
  isProven = false;
  scraperSinceMs: number | undefined;
  idleSinceMs: number;
  #requests = 0;
  #begunMs = 0;
  #answer: ServerResponse | undefined; // being made or being sent
  #scrapes = 0;
  #scrapedAtMs = Number.NEGATIVE_INFINITY;

  constructor(socket: Socket, origin: string, nowMs: number) {
    this.socket = socket;
    this.origin = origin;
    this.address = socket.remoteAddress;
    connections += 1;
    this.id = connections;
    this.idleSinceMs = nowMs;
  }

  get isBusy(): boolean {
    return this.#answer !== undefined;
  }

  /**
   * The queue that its requests wait in, see `AnswerTurns`: that of its origin, or for a scraper, which may share an address
   * with a flood, a queue of its own.
   */
  get queue(): string {
    return this.scraperSinceMs === undefined ? this.origin : `scrapers of ${this.origin}`;
  }

  begin(res: ServerResponse, nowMs: number): void {
    this.#answer = res;
    this.#requests += 1;
    this.#begunMs = nowMs;
  }

  /** This answer, where one is under way, is the last on this connection. */
  closeAfterAnswer(): void {
    if (this.#answer && !this.#answer.headersSent) this.#answer.setHeader('Connection', 'close');
  }

  /** Undefined where the answer was not delivered or was a refusal. */
  end(req: IncomingMessage, { isScrape, nowMs }: { isScrape: boolean; nowMs: number }): Answered | undefined {
    const res = this.#answer;
    this.#answer = undefined;
    this.idleSinceMs = nowMs;
    if (!res?.writableFinished || res.statusCode >= 400) return undefined;
    this.isProven = true;
    this.hasScraped ||= isScrape;
    if (this.feed?.isAhead) this.#forgetScrapes();
    else if (isScrape && nowMs - this.#scrapedAtMs >= SCRAPE_INTERVAL_MS) this.#countScrape(nowMs);
    return { isScrape, isFirst: this.#requests === 1, durationMs: nowMs - this.#begunMs, notKept: notKeptBy(req) };
  }

  /** A scraper waits for its answer before it asks again; what does not must not get between the scrapers. */
  #forgetScrapes(): void {
    this.#scrapes = 0;
    this.scraperSinceMs = undefined;
  }

  #countScrape(nowMs: number): void {
    this.#scrapedAtMs = nowMs;
    this.#scrapes += 1;
    if (this.#scrapes === SCRAPES) this.scraperSinceMs = nowMs;
  }
}

function notKeptBy({ httpVersionMajor, httpVersionMinor, headers }: IncomingMessage): NotKept | undefined {
  const connection = headers.connection?.toLowerCase() ?? '';
  if (httpVersionMajor === 1 && httpVersionMinor === 0 && !connection.includes('keep-alive')) return 'http_1_0';
  return connection.includes('close') ? 'close_header' : undefined;
}
