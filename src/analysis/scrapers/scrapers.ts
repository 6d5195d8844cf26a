import { count, roughly, span } from '../../model/numbers.ts';
import {
  type ClosedConnection,
  CONNECTION_KINDS,
  type ConnectionKind,
  isStopping,
  type Scrape,
  type ScraperInputs,
  type ScraperName,
  type ScraperReport,
  type WhileFull,
} from '../../model/scrapers.ts';
import { visibleLine } from '../../model/visible-text.ts';
import type { HourTotals } from './hour-counts.ts';
import { overdueRemedy, type Reconnects, reasonOf, remedyFor } from './remedies.ts';
import { Scraper } from './scraper.ts';

/** Whatever clients call themselves, memory is that of so many. */
const SCRAPERS_MAX = 16;
/** Who came in so many minutes of the hour, and is no tool of a person, is a scraper: alarms look at it. */
const SCRAPER_MINUTES = 10;
/** So many new connections within the hour are more than restarts. */
const RECONNECTIONS = 10;
const HOUR_MS = 3_600_000;
/** A full table swings about its limit, and a flush empties it for a moment. */
const FULL_GAP_MS = 10_000;

/** What a person asks with, however often. */
const TOOLS = /^(curl|wget|httpie|xh|mozilla|lynx|w3m|links|postmanruntime|insomnia)\b/i;

/** Worst first, as they are shown. */
const ORDER: readonly WhileFull[] = ['stops', 'partly_stops', 'unknown', 'goes_on'];

export type ScrapersOptions = {
  /** Whether the agent's port is exempt from connection tracking: then new connections get in while the table is full. */
  readonly isUntracked: boolean;
};

/** Everybody who scraped the agent in the last hour. */
export class Scrapers {
  readonly #isUntracked: boolean;
  readonly #scrapers = new Map<string, Scraper>();
  readonly #totals = new Map<ConnectionKind, number>(CONNECTION_KINDS.map((kind) => [kind, 0]));
  #hadScraper = false;
  /** By anybody but a person. */
  #lastScrapeMs = Number.NEGATIVE_INFINITY;
  /** Since when the table has been full, and when it last was. */
  #full: { readonly sinceMs: number; readonly lastMs: number } | undefined;

  constructor({ isUntracked }: ScrapersOptions) {
    this.#isUntracked = isUntracked;
  }

  /** Scrapes since the start, every kind from the start. */
  get totals(): ReadonlyMap<ConnectionKind, number> {
    return this.#totals;
  }

  add(scrape: Scrape, atMs: number): void {
    const { scraper: name, kind } = scrape;
    this.#totals.set(kind, this.#totals.get(kind)! + 1);
    const scraper = this.#scraperOf(name, atMs);
    scraper.add(scrape, atMs);
    if (TOOLS.test(name.userAgent)) return;
    this.#lastScrapeMs = atMs;
    this.#hadScraper ||= isScraper(scraper, atMs);
  }

  closed(connection: ClosedConnection): void {
    for (const scraper of this.#scrapers.values()) scraper.closed(connection);
  }

  /** Takes whether the table is full, about once a second. */
  observeTable(isFull: boolean, nowMs: number): void {
    if (this.#full !== undefined && nowMs - this.#full.lastMs > FULL_GAP_MS) this.#full = undefined;
    if (isFull) this.#full = { sinceMs: this.#full?.sinceMs ?? nowMs, lastMs: nowMs };
  }

  /** Those that would fail first. */
  reportsAt(nowMs: number): readonly ScraperReport[] {
    const recent = [...this.#scrapers.values()].filter(({ lastMs }) => nowMs - lastMs < HOUR_MS);
    return recent
      .map((scraper) => this.#reportOf(scraper, nowMs))
      .sort((a, b) => ORDER.indexOf(a.whileFull) - ORDER.indexOf(b.whileFull) || b.scrapes - a.scrapes);
  }

  inputsAt(nowMs: number): ScraperInputs {
    const scrapers = [...this.#scrapers.values()].filter((scraper) => isScraper(scraper, nowMs));
    const overdue = scrapers.filter((scraper) => this.#isOverdue(scraper, nowMs));
    const reconnecting = scrapers.filter(
      (scraper) => !overdue.includes(scraper) && this.#isReconnecting(scraper, nowMs),
    );
    return {
      reconnecting: reconnecting.map((scraper) => textOf(scraper, scraper.hourAt(nowMs))),
      overdue: overdue.map((scraper) => `${whoOf(scraper)} ${overdueText(scraper, nowMs)}`),
      unscrapedMs: this.#hadScraper ? nowMs - this.#lastScrapeMs : 0,
    };
  }

  /** In most scrapes of the hour, or time and again; and lately too, so that it ends when that is mended. */
  #isReconnecting(scraper: Scraper, nowMs: number): boolean {
    const hour = scraper.hourAt(nowMs);
    return isStopping(this.#whileFullAt(scraper, nowMs)) && (hour.new > hour.kept || hour.new >= RECONNECTIONS);
  }

  #isOverdue(scraper: Scraper, nowMs: number): boolean {
    if (this.#full === undefined || TOOLS.test(scraper.name.userAgent)) return false;
    return scraper.isOverdueAt(nowMs, this.#full.sinceMs) && !this.#hasMoved(scraper);
  }

  /** Another of its kind has come since: a pod that was moved has another address. */
  #hasMoved({ name, lastMs }: Scraper): boolean {
    return [...this.#scrapers.values()].some(
      ({ name: other, firstMs = 0 }) =>
        other.userAgent === name.userAgent && other.userAgent !== '' && firstMs > lastMs,
    );
  }

  /** What is seen goes before what is predicted. */
  #whileFullAt(scraper: Scraper, nowMs: number): WhileFull {
    if (this.#isOverdue(scraper, nowMs)) return 'stops';
    return this.#isUntracked ? 'goes_on' : scraper.whileFullAt(nowMs);
  }

  #reportOf(scraper: Scraper, nowMs: number): ScraperReport {
    const { name, intervalMs, lastMs, end, notKept } = scraper;
    const hour = scraper.hourAt(nowMs);
    const whileFull = this.#whileFullAt(scraper, nowMs);
    const fails = isStopping(whileFull);
    const isOverdue = this.#isOverdue(scraper, nowMs);
    const reconnects: Reconnects = { userAgent: name.userAgent, end, notKept, intervalMs };
    return {
      ...name,
      scrapes: hour.kept + hour.new + hour.socket,
      kept: hour.kept,
      new: hour.new,
      intervalSeconds: intervalMs === undefined ? undefined : intervalMs / 1000,
      slowestSeconds: hour.slowestMs / 1000,
      lastAgoSeconds: (nowMs - lastMs) / 1000,
      isTool: TOOLS.test(name.userAgent),
      whileFull,
      isOverdue,
      reason: isOverdue ? overdueText(scraper, nowMs) : fails ? reasonOf(reconnects) : undefined,
      remedy: isOverdue ? overdueRemedy(this.#isUntracked) : fails ? remedyFor(reconnects) : [],
    };
  }

  #scraperOf(name: ScraperName, nowMs: number): Scraper {
    const key = JSON.stringify([name.address, name.userAgent, name.listener]);
    const known = this.#scrapers.get(key);
    if (known !== undefined) return known;
    if (this.#scrapers.size >= SCRAPERS_MAX) this.#scrapers.delete(this.#leastMissed(nowMs));
    const scraper = new Scraper(name);
    this.#scrapers.set(key, scraper);
    return scraper;
  }

  /** The one that came longest ago; scrapers last, so that names made up by a stranger do not displace them. */
  #leastMissed(nowMs: number): string {
    const keys = [...this.#scrapers.entries()].map(([key, scraper]) => ({
      key,
      isScraper: isScraper(scraper, nowMs),
      lastMs: scraper.lastMs,
    }));
    keys.sort((a, b) => Number(a.isScraper) - Number(b.isScraper) || a.lastMs - b.lastMs);
    return keys[0]!.key;
  }
}

function isScraper(scraper: Scraper, nowMs: number): boolean {
  return !TOOLS.test(scraper.name.userAgent) && scraper.hourAt(nowMs).minutes >= SCRAPER_MINUTES;
}

/** "Telegraf/1.29.1 at 10.0.0.5 came over a new connection in 58 of 58 scrapes". */
function textOf(scraper: Scraper, hour: HourTotals): string {
  const scrapes = hour.kept + hour.new;
  return `${whoOf(scraper)} came over a new connection in ${count(hour.new)} of ${count(scrapes)} scrapes`;
}

function whoOf({ name }: Scraper): string {
  return name.userAgent === '' ? name.address : `${visibleLine(name.userAgent)} at ${name.address}`;
}

/** Completes its name. */
function overdueText({ lastMs, intervalMs = 0 }: Scraper, nowMs: number): string {
  return `has not come for ${span((nowMs - lastMs) / 1000)} while the table is full, usually every ${roughly(intervalMs / 1000)}`;
}
