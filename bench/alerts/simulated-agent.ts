import { STEEP, type SteepRise } from '../../src/analysis/table/forecast.ts';
import { UsageHistogram } from '../../src/analysis/table/history.ts';
import { TableJudge } from '../../src/analysis/table/table-judge.ts';
import { Exposition } from '../../src/metrics/exposition.ts';
import { DEFAULT_THRESHOLDS } from '../../src/model/alarms/thresholds.ts';
import { usageOf } from '../../src/model/status.ts';
import { firingAlarms } from './alarms.ts';
import type { KernelTable } from './kernel-table.ts';

/** What the scrape configuration puts on every series. */
const TARGET = 'job="conntrack-agent",node="node-1"';
export const UP = `up{${TARGET}}`;

const BUILD = { version: 'bench', revision: 'bench', nodeVersion: process.version };
const PROCESS = {
  cpuSeconds: 0,
  heapLimitBytes: 1,
  residentBytes: 0,
  startTimeSeconds: 0,
  openDescriptors: undefined,
  maxDescriptors: undefined,
};

export type SimulatedAgentOptions = {
  readonly isScraped: boolean;
  /** When a rise wakes a person; the agent's own where nothing is said. */
  readonly steepRise?: SteepRise | undefined;
};

/** The real judge and the real exposition, driven as the agent drives them. */
export class SimulatedAgent {
  readonly #table: KernelTable;
  readonly #judge: TableJudge;
  readonly #exposition: Exposition | undefined;
  readonly #usage = new UsageHistogram();
  #samples = 0;

  constructor(table: KernelTable, { isScraped, steepRise = STEEP }: SimulatedAgentOptions) {
    this.#table = table;
    this.#judge = new TableJudge({ peakWindowMs: 60_000, steepRise });
    this.#exposition = isScraped ? new Exposition() : undefined;
  }

  sample(atMs: number): void {
    const { entries, limit } = this.#table;
    this.#judge.addSample({ atMs, entries, limit });
    const usage = usageOf({ entries, limit });
    if (usage !== undefined) this.#usage.add(usage);
    this.#samples += 1;
  }

  readCounters(atMs: number): void {
    this.#judge.addCounters(this.#table.counters(), atMs);
  }

  firing(atMs: number): string[] {
    return firingAlarms(this.#judge.statusAt(atMs));
  }

  /** Series and values as the agent would write them. */
  async scrape(atMs: number): Promise<Map<string, string>> {
    this.readCounters(atMs);
    const { entries, limit } = this.#table;
    const counters = this.#table.counters();
    const sources = (['entries', 'limit', 'counters'] as const).map((source) => ({
      source,
      via: source === 'counters' ? ('procfs' as const) : ('sysctl' as const),
      up: true,
      durationSeconds: 0,
    }));
    const reading = { atMs, entries, limit, buckets: limit, timeouts: [], counters, sources };
    const agent = { inHostNetns: true, samples: this.#samples, sampleLagSeconds: 0 };
    const status = this.#judge.statusAt(atMs);
    const scraped = await this.#exposition?.render(
      {
        build: BUILD,
        thresholds: DEFAULT_THRESHOLDS,
        usage: this.#usage.counts,
        reading,
        status,
        agent,
        process: PROCESS,
      },
      'text',
    );
    return new Map([[UP, '1'], ...seriesOf(scraped?.body ?? '')]);
  }
}

/** The series of a text exposition that the rules can name. */
function seriesOf(text: string): [string, string][] {
  const lines = text.split('\n').filter((line) => line.startsWith('conntrack_'));
  return lines.map((line) => {
    const space = line.lastIndexOf(' ');
    return [ofTarget(line.slice(0, space)), line.slice(space + 1)];
  });
}

function ofTarget(series: string): string {
  return series.endsWith('}') ? `${series.slice(0, -1)},${TARGET}}` : `${series}{${TARGET}}`;
}
