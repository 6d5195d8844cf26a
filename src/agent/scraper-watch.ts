import { Scrapers } from '../analysis/scrapers/scrapers.ts';
import type { TableFacts } from '../analysis/table/table-judge.ts';
import type { Publication } from '../metrics/family.ts';
import { EVICTION_USAGE } from '../model/kernel.ts';
import type { Reading } from '../model/reading.ts';
import type { ScrapeObserver } from '../model/scrapers.ts';
import { usageOf } from '../model/status.ts';
import type { StatusJson } from '../model/status-json.ts';
import type { Subsystem } from './subsystem.ts';

export type ScraperWatchParts = {
  /** Whether the port of the agent is exempt from tracking. */
  readonly isUntracked: boolean;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
};

/** Who scrapes, and whether that continues while the table is full. */
export class ScraperWatch implements Subsystem, ScrapeObserver {
  readonly #scrapers: Scrapers;
  readonly #clock: () => number;

  constructor({ isUntracked, clock }: ScraperWatchParts) {
    this.#scrapers = new Scrapers({ isUntracked });
    this.#clock = clock;
  }

  readonly scraped: ScrapeObserver['scraped'] = (scrape) => this.#scrapers.add(scrape, this.#clock());
  readonly closed: ScrapeObserver['closed'] = (connection) => this.#scrapers.closed(connection);

  facts(reading: Reading): Partial<TableFacts> {
    const { atMs } = reading;
    this.#scrapers.observeTable((usageOf(reading) ?? 0) >= EVICTION_USAGE, atMs);
    return { scrapers: this.#scrapers.inputsAt(atMs) };
  }

  publication(): Partial<Publication> {
    return { scrapes: this.#scrapers.totals };
  }

  statusJson(): Partial<StatusJson> {
    return { scrapers: this.#scrapers.reportsAt(this.#clock()) };
  }
}
