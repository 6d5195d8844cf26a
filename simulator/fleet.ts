import type { Log } from '../src/model/log.ts';
import type { ProcessUsage } from '../src/model/reading.ts';
import { FleetNode } from './fleet-node.ts';
import { simulatedNodes } from './simulated-nodes.ts';

/** Each node is brought up to the present this often, in turns, so that no scrape waits for all of them. */
const ROUND_MS = 200;
/** Less often where there is little to do: a node of thousands costs more to turn to than a sample does. */
const SAMPLES_PER_ROUND = 2;
const TICK_MS = 10;
/** An hour of history takes 309 KiB, too much for thousands of nodes, whose status pages are hardly opened. */
const HISTORY_SECONDS = { few: 3600, many: 60 };
const FEW_NODES = 100;
/** No turn comes later than this, or time slows down: on a slow machine work must not pile up. */
const LATE_MS = 5000;
/** The agent's own ratio: ten samples a second, one reading of everything. */
const SAMPLES_PER_READING = 10;
/** Reading everything is most of the work, and a scrape does it too. */
const READ_MS = 1000;
const BUILD = { version: '0.0.0-fleet', revision: 'fleet', nodeVersion: process.version };

export type FleetOptions = {
  readonly nodes: number;
  readonly seed: number;
  /** Seconds of a node's time in a second. */
  readonly speed: number;
  readonly sampleMs: number;
  readonly peakWindowMs: number;
  readonly log: Log;
};

/** All nodes, and the one timer that drives them. */
export class Fleet {
  readonly nodes: readonly FleetNode[];
  readonly #byName: ReadonlyMap<string, FleetNode>;
  readonly #speed: number;
  readonly #roundMs: number;
  /** Time of the process and of the wall when the nodes' time was 0, milliseconds; later where time was slowed down. */
  #startMs = 0;
  #startWallMs = Date.now();
  #frozenMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;
  #slowedMs = 0;
  #usage: ProcessUsage = NO_USAGE;

  constructor({ nodes, seed, speed, ...parts }: FleetOptions) {
    this.#speed = speed;
    this.#roundMs = Math.max(ROUND_MS, (SAMPLES_PER_ROUND * parts.sampleMs) / speed);
    const common = {
      ...parts,
      readMs: Math.max(SAMPLES_PER_READING * parts.sampleMs, READ_MS * speed),
      build: BUILD,
      historySeconds: nodes > FEW_NODES ? HISTORY_SECONDS.many : HISTORY_SECONDS.few,
      wallClockAt: (nodeMs: number) => this.#startWallMs + nodeMs / speed,
      processUsage: (startWallMs: number) => ({ ...this.#usage, startTimeSeconds: startWallMs / 1000 }),
    };
    this.nodes = simulatedNodes({ nodes, seed }).map((node) => new FleetNode({ node, ...common }));
    this.#byName = new Map(this.nodes.map((node) => [node.spec.name, node]));
  }

  start(): void {
    this.#startMs = performance.now();
    this.#startWallMs = Date.now();
    this.#timer = setInterval(() => this.#takeTurns(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The nodes' time, milliseconds. */
  get nowMs(): number {
    return this.#frozenMs ?? (performance.now() - this.#startMs) * this.#speed;
  }

  /**
   * Has the nodes' time stand still at the next whole second, so that what is scraped from then on is true of one moment;
   * returns that second.
   */
  freeze(): number {
    const seconds = Math.ceil(Math.max(this.nowMs, ...this.nodes.map(({ nowMs }) => nowMs)) / 1000);
    this.#frozenMs = seconds * 1000;
    return seconds;
  }

  /** By how much the nodes' time was slowed down so far, in seconds of this process. */
  get slowedSeconds(): number {
    return this.#slowedMs / 1000;
  }

  /** Brought up to the present; undefined when there is no such node. */
  node(name: string): FleetNode | undefined {
    const node = this.#byName.get(name);
    node?.advanceTo(this.nowMs);
    return node;
  }

  #takeTurns(): void {
    const count = Math.ceil((this.nodes.length * TICK_MS) / this.#roundMs);
    const endMs = performance.now() + 2 * TICK_MS; // A fleet that cannot keep up must still answer.
    for (let done = 0; done < count && performance.now() < endMs; done += 1) {
      if (this.#turn === 0) this.#usage = shareOfThisProcess(this.nodes.length);
      const node = this.nodes[this.#turn]!;
      this.#waitFor(node);
      node.advanceTo(this.nowMs);
      this.#turn = (this.#turn + 1) % this.nodes.length;
    }
  }

  /** Whose turn it is has waited for longest. */
  #waitFor({ nowMs }: FleetNode): void {
    const excessMs = (this.nowMs - nowMs) / this.#speed - this.#roundMs - LATE_MS;
    if (excessMs <= 0) return;
    this.#startMs += excessMs;
    this.#startWallMs += excessMs;
    this.#slowedMs += excessMs;
  }
}

const NO_USAGE: ProcessUsage = {
  cpuSeconds: 0,
  residentBytes: 0,
  heapLimitBytes: 50_331_648,
  startTimeSeconds: 0,
  openDescriptors: undefined,
  maxDescriptors: undefined,
};

/** One process runs all agents, so each reports an equal share of what it uses. */
function shareOfThisProcess(nodes: number): ProcessUsage {
  const { user, system } = process.cpuUsage();
  return {
    ...NO_USAGE,
    cpuSeconds: (user + system) / 1e6 / nodes,
    residentBytes: Math.round(process.memoryUsage.rss() / nodes),
  };
}
