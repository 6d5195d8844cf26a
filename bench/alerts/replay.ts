import type { SteepRise } from '../../src/analysis/table/forecast.ts';
import { KernelTable } from './kernel-table.ts';
import { SimulatedAgent, type SimulatedAgentOptions, UP } from './simulated-agent.ts';
import { isWithin, type Trace } from './trace.ts';

export const SCRAPE_SECONDS = 15;

/** Values at a fixed pace, under the series as the exposition writes it; `_` where there was none. */
export type Recorded = Map<string, string[]>;

/** What was lost on a trace, and what the agent's own alarms said of it. */
export type AlarmReplay = {
  readonly trace: Trace;
  /** Seconds; undefined when nothing was lost. */
  readonly firstLossAt: number | undefined;
  /** When each alarm of the agent began to fire first, in seconds. */
  readonly raisedAt: ReadonlyMap<string, number>;
  /** How often each alarm of the agent began to fire. */
  readonly raisedTimes: ReadonlyMap<string, number>;
};

export type Replay = AlarmReplay & {
  /** What a scrape of the agent shows, every `SCRAPE_SECONDS`, and `up`. */
  readonly agent: Recorded;
  /** Count and limit, every second. */
  readonly plain: readonly { readonly entries: number; readonly limit: number }[];
};

/** Runs the real judge and the real exposition over a trace, as the agent drives them. */
export async function replay(trace: Trace): Promise<Replay> {
  const agent: Recorded = new Map();
  const plain: { entries: number; limit: number }[] = [];
  const log = new AlarmLog(trace);
  for (const instant of secondsOf(trace, { isScraped: true })) {
    log.add(instant);
    const { second, table } = instant;
    plain.push({ entries: table.entries, limit: table.limit });
    if (second % SCRAPE_SECONDS !== 0) continue;
    const asked = isWithin(trace.scrapesLost, second) ? undefined : instant.agent;
    const answer = await asked?.scrape(second * 1000);
    record(agent, second / SCRAPE_SECONDS, answer ?? new Map([[UP, '0']]));
  }
  return { ...log.replay(), agent, plain };
}

/** Runs only the real judge over a trace, which takes a fraction of the time. */
export function replayAlarms(trace: Trace, steepRise?: SteepRise): AlarmReplay {
  const log = new AlarmLog(trace);
  for (const instant of secondsOf(trace, { isScraped: false, steepRise })) log.add(instant);
  return log.replay();
}

type Instant = {
  readonly second: number;
  readonly table: KernelTable;
  /** Undefined while the agent is not running. */
  readonly agent: SimulatedAgent | undefined;
  readonly firstLossAt: number | undefined;
};

/** Each full second of a trace; what lies between two of them is sampled on the way. */
function* secondsOf(trace: Trace, options: SimulatedAgentOptions): Generator<Instant> {
  const { sampleMs = 100, seconds, agentAway } = trace;
  const table = new KernelTable(trace.countersFrom);
  let firstLossAt: number | undefined;
  let agent: SimulatedAgent | undefined;
  for (let atMs = 0; atMs <= seconds * 1000; atMs += sampleMs) {
    const second = atMs / 1000;
    table.step(trace.at(second), sampleMs / 1000);
    if (firstLossAt === undefined && table.lost >= 1) firstLossAt = second;
    if (isWithin(agentAway, second)) agent = undefined;
    else agent ??= new SimulatedAgent(table, options);
    agent?.sample(atMs);
    if (atMs % 1000 !== 0) continue;
    agent?.readCounters(atMs);
    yield { second, table, agent, firstLossAt };
  }
}

/** Notes when alarms begin to fire. An agent that was restarted begins anew. */
class AlarmLog {
  readonly #trace: Trace;
  readonly #raisedAt = new Map<string, number>();
  readonly #raisedTimes = new Map<string, number>();
  #firing: readonly string[] = [];
  #firstLossAt: number | undefined;

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  add({ second, agent, firstLossAt }: Instant): void {
    const firing = agent?.firing(second * 1000) ?? [];
    for (const name of firing) {
      if (this.#firing.includes(name)) continue;
      if (!this.#raisedAt.has(name)) this.#raisedAt.set(name, second);
      this.#raisedTimes.set(name, (this.#raisedTimes.get(name) ?? 0) + 1);
    }
    this.#firing = firing;
    this.#firstLossAt = firstLossAt;
  }

  replay(): AlarmReplay {
    const [firstLossAt, raisedAt, raisedTimes] = [this.#firstLossAt, this.#raisedAt, this.#raisedTimes];
    return { trace: this.#trace, firstLossAt, raisedAt, raisedTimes };
  }
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
