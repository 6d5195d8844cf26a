import type { ClosedConnection, Scrape, ScraperName, WhileFull } from '../../model/scrapers.ts';
import { HourCounts, type HourTotals } from './hour-counts.ts';
import type { ConnectionEnd } from './remedies.ts';

/** What becomes of a scraper is told from so many of its last scrapes, and from how often it reconnected within the hour. */
const LAST = 10;
/** So many of ten that no client among them keeps its connection. */
const MOST = 7;
/** One scrape after another connection may have been a restart. */
const RECONNECTED_MIN = 2;
/** A pool that closes connections at times may keep one for a few scrapes. */
const KEPT_MIN = 5;
/** A restart or another configuration now and then; what comes more often is a pool that closes connections at times. */
const RESTARTS_PER_HOUR = 4;
/** After so many in a row over a kept connection, what was before is mended. */
const MENDED = 40;
const HOUR_MS = 3_600_000;
/** So many connections at a time may be clients of one name; where there are more, it leaves them behind. */
const CLIENTS_MAX = 4;
/** Of the usual time between two scrapes. */
const GAPS = 9;
/** With fewer the usual time is not known. */
const GAPS_MIN = 3;
/** After so many usual times without a scrape it is no single scrape that failed. */
const OVERDUE_GAPS = 3;
const OVERDUE_MIN_MS = 10_000;
/** Two scrapers that share a proxy's connection come in pairs: short gaps and long ones. */
const OVERDUE_LONGEST_GAPS = 1.5;

/** The scrapes of one name, and what they say about its connections. */
export class Scraper {
  readonly name: ScraperName;
  readonly #hour = new HourCounts();
  /** When each open connection was last used. */
  readonly #open = new Map<number, number>();
  /** Whether each of the last scrapes came over a connection that was there before. Those of new clients are left out. */
  readonly #wasKept: boolean[] = [];
  /** When it last reconnected, as often as matters. */
  readonly #reconnectedMs: number[] = [];
  #keptInARow = 0;
  readonly #gapsMs: number[] = [];
  #mostOpen = 0;
  #isOnSocket = false;
  #firstMs: number | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #end: (ConnectionEnd & { readonly scrapedMs: number }) | undefined;
  #notKept: Scrape['notKept'];

  constructor(name: ScraperName) {
    this.name = name;
  }

  get lastMs(): number {
    return this.#lastMs;
  }

  /** Undefined before its first scrape. */
  get firstMs(): number | undefined {
    return this.#firstMs;
  }

  hourAt(nowMs: number): HourTotals {
    return this.#hour.totalsAt(nowMs);
  }

  add({ kind, connectionId, durationMs, notKept }: Scrape, atMs: number): void {
    this.#firstMs ??= atMs;
    this.#hour.add(kind, durationMs, atMs);
    this.#isOnSocket = kind === 'socket';
    const before = this.#open.get(connectionId);
    this.#open.set(connectionId, atMs);
    const isNewClient = kind === 'new' && this.#open.size > this.#mostOpen && this.#mostOpen < CLIENTS_MAX;
    this.#mostOpen = Math.max(this.#mostOpen, this.#open.size);
    if (!isNewClient) {
      this.#addGap(atMs - (before ?? this.#end?.scrapedMs ?? this.#lastMs));
      this.#addResult(kind !== 'new', atMs);
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

  /**
   * Whether it has not come for long, and still came, or was only just due, when the table became full: what stopped it is the
   * full table, be it that its connection was closed, or that its entry was flushed, deleted or evicted.
   */
  isOverdueAt(nowMs: number, fullSinceMs: number): boolean {
    const { intervalMs } = this;
    if (this.#isOnSocket || intervalMs === undefined || this.#gapsMs.length < GAPS_MIN) return false;
    const wasThere = this.#lastMs + 2 * intervalMs >= fullSinceMs;
    const longestMs = Math.max(...this.#gapsMs);
    const patienceMs = Math.max(OVERDUE_GAPS * intervalMs, OVERDUE_LONGEST_GAPS * longestMs, OVERDUE_MIN_MS);
    return wasThere && nowMs - this.#lastMs > patienceMs;
  }

  whileFullAt(nowMs: number): WhileFull {
    if (this.#isOnSocket) return 'goes_on';
    const scrapes = this.#wasKept.length;
    const reconnected = this.#wasKept.filter((wasKept) => !wasKept).length;
    if (reconnected >= RECONNECTED_MIN && reconnected / scrapes >= MOST / LAST) return 'stops';
    // A single connection that is lost while the table is full does not come back.
    if (this.#reconnectsOftenAt(nowMs)) return this.#mostOpen > 1 ? 'partly_stops' : 'stops';
    return scrapes < (reconnected > 0 ? LAST : KEPT_MIN) ? 'unknown' : 'goes_on';
  }

  #reconnectsOftenAt(nowMs: number): boolean {
    return this.#reconnectedMs.filter((atMs) => nowMs - atMs < HOUR_MS).length > RESTARTS_PER_HOUR;
  }

  #addResult(wasKept: boolean, atMs: number): void {
    keepLast(this.#wasKept, wasKept, LAST);
    this.#keptInARow = wasKept ? this.#keptInARow + 1 : 0;
    if (!wasKept) keepLast(this.#reconnectedMs, atMs, RESTARTS_PER_HOUR + 1);
    if (this.#keptInARow >= MENDED) this.#reconnectedMs.length = 0;
  }

  #addGap(gapMs: number): void {
    if (Number.isFinite(gapMs)) keepLast(this.#gapsMs, gapMs, GAPS);
  }
}

function keepLast<T>(list: T[], item: T, most: number): void {
  list.push(item);
  if (list.length > most) list.shift();
}
