import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HeldConnection } from './eviction.ts';
import type { RequestFeed } from './request-feed.ts';

/** Only scrapes at least this far apart are counted: a scraper does not ask more often, and a flood does. */
const SCRAPE_INTERVAL_MS = 1_000;
/** So many of them make a scraper. */
const SCRAPES = 3;

/** A connection and what it was used for so far. Under TLS its socket changes after the handshake. */
export class Connection implements HeldConnection {
  socket: Socket;
  /** Undefined until the handshake is done. */
  feed: RequestFeed | undefined;
  readonly origin: string;
  isProven = false;
  scraperSinceMs: number | undefined;
  idleSinceMs: number;
  #answer: ServerResponse | undefined; // being made or being sent
  #scrapes = 0;
  #scrapedAtMs = Number.NEGATIVE_INFINITY;

  constructor(socket: Socket, origin: string, nowMs: number) {
    this.socket = socket;
    this.origin = origin;
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

  begin(res: ServerResponse): void {
    this.#answer = res;
  }

  /** This answer, where one is under way, is the last on this connection. */
  closeAfterAnswer(): void {
    if (this.#answer && !this.#answer.headersSent) this.#answer.setHeader('Connection', 'close');
  }

  end({ isScrape, nowMs }: { readonly isScrape: boolean; readonly nowMs: number }): void {
    const res = this.#answer;
    this.#answer = undefined;
    this.idleSinceMs = nowMs;
    if (!res?.writableFinished || res.statusCode >= 400) return;
    this.isProven = true;
    if (isScrape && nowMs - this.#scrapedAtMs >= SCRAPE_INTERVAL_MS) this.#countScrape(nowMs);
  }

  #countScrape(nowMs: number): void {
    this.#scrapedAtMs = nowMs;
    this.#scrapes += 1;
    if (this.#scrapes === SCRAPES) this.scraperSinceMs = nowMs;
  }
}
