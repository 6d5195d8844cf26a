import type { AlarmName } from '../../src/judge/alarm.ts';
import { TableJudge } from '../../src/judge/table-judge.ts';
import { usageOf } from '../../src/judge/table-sample.ts';
import { Exposition } from '../../src/metrics/exposition.ts';
import { KernelTable } from './kernel-table.ts';
import { isWithin, type Trace } from './trace.ts';

export const SCRAPE_SECONDS = 15;

/** Values at a fixed pace, under the series as the exposition writes it; `_` where there was none. */
export type Recorded = Map<string, string[]>;

export type Replay = {
  readonly trace: Trace;
  /** Seconds; undefined when nothing was lost. */
  readonly firstLossAt: number | undefined;
  /** What a scrape of the agent shows, every `SCRAPE_SECONDS`, and `up`. */
  readonly agent: Recorded;
  /** Count and limit, every second. */
  readonly plain: readonly { readonly entries: number; readonly limit: number }[];
  /** When each alarm of the agent was raised first, in seconds. */
  readonly raisedAt: ReadonlyMap<AlarmName, number>;
};

const BUILD = { version: 'bench', revision: 'bench', nodeVersion: process.version };
const PROCESS = {
  cpuSeconds: 0,
  residentBytes: 0,
  startTimeSeconds: 0,
  openDescriptors: undefined,
  maxDescriptors: undefined,
};
const UP = 'up{job="conntrack-agent"}';

/** Runs the real judge and the real exposition over a trace, as the agent drives them. */
export async function replay(trace: Trace): Promise<Replay> {
  const { sampleMs = 100, seconds } = trace;
  const table = new KernelTable(trace.countersFrom);
  const scraped: Recorded = new Map();
  const plain: { entries: number; limit: number }[] = [];
  const raisedAt = new Map<AlarmName, number>();
  let firstLossAt: number | undefined;
  let agent: SimulatedAgent | undefined;
  for (let atMs = 0; atMs <= seconds * 1000; atMs += sampleMs) {
    const second = atMs / 1000;
    table.step(trace.at(second), sampleMs / 1000);
    if (firstLossAt === undefined && table.lostForRoom + table.lostInRaces >= 1) firstLossAt = second;
    if (isWithin(trace.agentAway, second)) agent = undefined;
    else agent ??= new SimulatedAgent(table);
    agent?.sample(atMs);
    if (atMs % 1000 === 0) {
      agent?.read(atMs);
      plain.push({ entries: table.entries, limit: table.limit });
      for (const name of agent?.raised(atMs) ?? []) if (!raisedAt.has(name)) raisedAt.set(name, second);
    }
    if (atMs % (SCRAPE_SECONDS * 1000) === 0) {
      const isAnswered = agent !== undefined && !isWithin(trace.scrapesLost, second);
      record(scraped, atMs / 1000 / SCRAPE_SECONDS, isAnswered ? await agent!.scrape(atMs) : new Map([[UP, '0']]));
    }
  }
  return { trace, firstLossAt, agent: scraped, plain, raisedAt };
}

class SimulatedAgent {
  readonly #table: KernelTable;
  readonly #judge = new TableJudge({ peakWindowMs: 60_000 });
  readonly #exposition = new Exposition(BUILD);
  #samples = 0;

  constructor(table: KernelTable) {
    this.#table = table;
  }

  sample(atMs: number): void {
    const { entries, limit } = this.#table;
    this.#judge.addSample({ atMs, entries, limit });
    const usage = usageOf({ entries, limit });
    if (usage !== undefined) this.#exposition.observeUsage(usage);
    this.#samples += 1;
  }

  read(atMs: number): void {
    this.#judge.addCounters(this.#table.counters(), atMs);
  }

  raised(atMs: number): AlarmName[] {
    const alarms = this.#judge.statusAt(atMs).alarms ?? [];
    return [...alarms].flatMap(([name, { isRaised }]) => (isRaised ? [name] : []));
  }

  /** Series and values as the agent would write them. */
  async scrape(atMs: number): Promise<Map<string, string>> {
    this.read(atMs);
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
    const { body } = await this.#exposition.render({ reading, status, agent, process: PROCESS }, 'text');
    return new Map([[UP, '1'], ...seriesOf(body)]);
  }
}

/** The series of a text exposition that the rules can name. */
function seriesOf(text: string): [string, string][] {
  const lines = text.split('\n').filter((line) => line.startsWith('conntrack_'));
  return lines.map((line) => {
    const space = line.lastIndexOf(' ');
    return [line.slice(0, space), line.slice(space + 1)];
  });
}

/** Puts one scrape into its place; a series that was there and is not any more goes stale, as Prometheus has it. */
function record(scraped: Recorded, place: number, values: ReadonlyMap<string, string>): void {
  for (const [series, value] of values) {
    if (!scraped.has(series))
      scraped.set(
        series,
        Array.from({ length: place }, () => '_'),
      );
    scraped.get(series)!.push(value);
  }
  for (const history of scraped.values()) {
    if (history.length === place) history.push(history.at(-1) === '_' || history.at(-1) === 'stale' ? '_' : 'stale');
  }
}
