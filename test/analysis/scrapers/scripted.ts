/** Clients of a scripted agent: each scrape and each closed connection as the listeners would report it. */
import { Scrapers, type ScrapersOptions } from '../../../src/analysis/scrapers/scrapers.ts';
import type { ClosedBy, NotKept, Scrape, ScraperName, ScraperReport } from '../../../src/model/scrapers.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

export const PROMETHEUS: ScraperName = {
  address: '10.0.0.2',
  userAgent: 'Prometheus/2.42.0',
  listener: '[::]:10098',
};

type Ending = { readonly closedBy?: ClosedBy; readonly idleMs?: number; readonly notKept?: NotKept };

export class ScriptedAgent {
  readonly scrapers: Scrapers;
  /** The beginning of a minute. */
  nowMs = 100 * MINUTE;
  #connections = 0;

  constructor(options: Partial<ScrapersOptions> = {}) {
    this.scrapers = new Scrapers({ isUntracked: false, ...options });
  }

  connect(): number {
    this.#connections += 1;
    return this.#connections;
  }

  scrape(scraper: ScraperName, connectionId: number, kind: Scrape['kind'], notKept?: NotKept): void {
    this.scrapers.add({ scraper, kind, connectionId, durationMs: 3, notKept }, this.nowMs);
  }

  close(connectionId: number, { closedBy = 'client', idleMs = 1 }: Ending = {}): void {
    this.scrapers.closed({ connectionId, closedBy, idleMs });
  }

  /** A client that keeps its connection; returns it, still open. */
  keeps(scraper: ScraperName, times: number, everyMs = 15 * SECOND, connection = this.connect()): number {
    for (let i = 0; i < times; i += 1) {
      this.scrape(scraper, connection, i === 0 ? 'new' : 'kept');
      this.nowMs += everyMs;
    }
    return connection;
  }

  /** A client that has another connection for each scrape. */
  reconnects(scraper: ScraperName, times: number, everyMs = 15 * SECOND, ending: Ending = {}): void {
    for (let i = 0; i < times; i += 1) {
      const connection = this.connect();
      this.scrape(scraper, connection, 'new', ending.notKept);
      this.close(connection, ending);
      this.nowMs += everyMs;
    }
  }

  reportOf(scraper: ScraperName): ScraperReport {
    const isThis = (one: ScraperName) => one.address === scraper.address && one.userAgent === scraper.userAgent;
    return this.scrapers.reportsAt(this.nowMs).find((one) => isThis(one) && one.listener === scraper.listener)!;
  }

  get reconnecting(): readonly string[] {
    return this.scrapers.inputsAt(this.nowMs).reconnecting;
  }

  get unscrapedMs(): number {
    return this.scrapers.inputsAt(this.nowMs).unscrapedMs;
  }
}
