import type { ClosedConnection, Scrape, ScraperName, WhileFull } from '../../model/scrapers.ts';
import { HourCounts, type HourTotals } from './hour-counts.ts';
import type { ConnectionEnd } from './remedies.ts';

/** What becomes of a scraper is told from so many of its last scrapes. */
const LAST = 10;
/** Of these, so many over new connections are those of a scraper that was restarted, or was given another configuration. */
const RESTARTS = 3;
/** So many of ten that there is no client among them that keeps its connection. */
const MOST = 7;
/** One scrape after another connection may have been a restart. */
const RECONNECTED_MIN = 2;
/** So many connections at a time may be clients of one name; where there are more, it leaves them behind. */
const CLIENTS_MAX = 4;
/** Of the usual time between two scrapes. */
const GAPS = 9;

/** The scrapes of one name, and what they say about its connections. */
export class Scraper {
  readonly name: ScraperName;
  readonly #hour = new HourCounts();
  /** When each open connection was last used. */
  readonly #open = new Map<number, number>();
  /** Whether each of the last scrapes came over a connection that was there before. Those of new clients are left out. */
  readonly #wasKept: boolean[] = [];
  readonly #gapsMs: number[] = [];
  #mostOpen = 0;
  #isOnSocket = false;
  #lastMs = Number.NEGATIVE_INFINITY;
  #end: (ConnectionEnd & { readonly scrapedMs: number }) | undefined;
  #notKept: Scrape['notKept'];

  constructor(name: ScraperName) {
    this.name = name;
  }

  get lastMs(): number {
    return this.#lastMs;
  }

  hourAt(nowMs: number): HourTotals {
    return this.#hour.totalsAt(nowMs);
  }

  add({ kind, connectionId, durationMs, notKept }: Scrape, atMs: number): void {
    this.#hour.add(kind, durationMs, atMs);
    this.#isOnSocket = kind === 'socket';
    const before = this.#open.get(connectionId);
    this.#open.set(connectionId, atMs);
    const isNewClient = kind === 'new' && this.#open.size > this.#mostOpen && this.#mostOpen < CLIENTS_MAX;
    this.#mostOpen = Math.max(this.#mostOpen, this.#open.size);
    if (!isNewClient) {
      this.#addGap(atMs - (before ?? this.#end?.scrapedMs ?? this.#lastMs));
      keepLast(this.#wasKept, kind !== 'new', LAST);
    }
    this.#lastMs = atMs;
    this.#notKept = notKept;
  }

  /** May be another's: clients behind a proxy share connections. */
  closed({ connectionId, closedBy, idleMs }: ClosedConnection): void {
    const scrapedMs = this.#open.get(connectionId);
    if (scrapedMs === undefined) return;
    this.#open.delete(connectionId);
    this.#end = { closedBy, idleMs, scrapedMs };
  }

  /** The median of the last few, so that a restart or a scrape that failed does not count. */
  get intervalMs(): number | undefined {
    const sorted = [...this.#gapsMs].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  /** How its last connection ended; undefined where none has. */
  get end(): ConnectionEnd | undefined {
    return this.#end;
  }

  /** Why its last connection could not be kept, where the request said so. */
  get notKept(): Scrape['notKept'] {
    return this.#notKept;
  }

  get whileFull(): WhileFull {
    if (this.#isOnSocket) return 'goes_on';
    const reconnected = this.#wasKept.filter((wasKept) => !wasKept).length;
    const share = reconnected / this.#wasKept.length;
    if (this.#wasKept.length === reconnected && reconnected < RECONNECTED_MIN) return 'unknown';
    if (reconnected < RECONNECTED_MIN || share <= RESTARTS / LAST) return 'goes_on';
    return share >= MOST / LAST ? 'stops' : 'partly_stops';
  }

  #addGap(gapMs: number): void {
    if (Number.isFinite(gapMs)) keepLast(this.#gapsMs, gapMs, GAPS);
  }
}

function keepLast<T>(list: T[], item: T, most: number): void {
  list.push(item);
  if (list.length > most) list.shift();
}
