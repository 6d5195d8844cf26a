import type { ProcessUsage } from '../../src/host/process-usage.ts';
import type { Log } from '../../src/log.ts';
import { castOf } from './cast.ts';
import { FleetNode } from './fleet-node.ts';

/** Each node is brought up to the present this often, in turns, so that no scrape waits for all of them. */
const ROUND_MS = 200;
const TICK_MS = 10;
/** Of Prometheus' own release scheme, so that a panel that shows versions has one. */
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
  /** Time of the process and of the wall when the nodes' time was 0, milliseconds. */
  #startMs = 0;
  #startWallMs = Date.now();
  #frozenMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;
  #usage: ProcessUsage = NO_USAGE;

  constructor({ nodes, seed, speed, ...parts }: FleetOptions) {
    this.#speed = speed;
    const common = {
      ...parts,
      build: BUILD,
      wallClockAt: (nodeMs: number) => this.#startWallMs + nodeMs / speed,
      processUsage: (startWallMs: number) => ({ ...this.#usage, startTimeSeconds: startWallMs / 1000 }),
    };
    this.nodes = castOf({ nodes, seed }).map((node) => new FleetNode({ node, ...common }));
    this.#byName = new Map(this.nodes.map((node) => [node.cast.name, node]));
  }

  start(): void {
    this.#startMs = performance.now();
    this.#startWallMs = Date.now();
    this.#timer = setInterval(() => this.#takeTurns(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Where the nodes' time should be. */
  get nowMs(): number {
    return this.#frozenMs ?? (performance.now() - this.#startMs) * this.#speed;
  }

  /** Has the nodes' time stand still at that moment, so that what is scraped from then on is true of one moment. */
  freezeAt(nodeMs: number): void {
    this.#frozenMs = nodeMs;
  }

  /** The most that a node is behind the time, in seconds of this process; a fleet that keeps up is 0.2 behind. */
  get behindSeconds(): number {
    const oldestMs = this.nodes.reduce((oldest, { nowMs }) => Math.min(oldest, nowMs), this.nowMs);
    return (this.nowMs - oldestMs) / this.#speed / 1000;
  }

  /** Brought up to the present; undefined when there is no such node. */
  node(name: string): FleetNode | undefined {
    const node = this.#byName.get(name);
    node?.advanceTo(this.nowMs);
    return node;
  }

  #takeTurns(): void {
    const count = Math.ceil((this.nodes.length * TICK_MS) / ROUND_MS);
    const endMs = performance.now() + 2 * TICK_MS; // A fleet that cannot keep up must still answer.
    for (let done = 0; done < count && performance.now() < endMs; done += 1) {
      if (this.#turn === 0) this.#usage = shareOfThisProcess(this.nodes.length);
      this.nodes[this.#turn]!.advanceTo(this.nowMs);
      this.#turn = (this.#turn + 1) % this.nodes.length;
    }
  }
}

const NO_USAGE = { cpuSeconds: 0, residentBytes: 0, startTimeSeconds: 0, openDescriptors: undefined };

/** What one of so many agents uses: nobody can tell them apart, so each is said to use the same. */
function shareOfThisProcess(nodes: number): ProcessUsage {
  const { user, system } = process.cpuUsage();
  return {
    ...NO_USAGE,
    cpuSeconds: (user + system) / 1e6 / nodes,
    residentBytes: Math.round(process.memoryUsage.rss() / nodes),
  };
}
