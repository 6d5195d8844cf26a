/** A fleet that has lived for a while under a real Prometheus and then stands still, so that all it says is of one moment. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Expected, expectedOf } from '../../simulator/expected.ts';
import { Fleet } from '../../simulator/fleet.ts';
import { createFleetServer } from '../../simulator/fleet-server.ts';
import { close, listen } from '../../simulator/listening.ts';
import { findPrograms, type ServingProgram, startPrometheus } from '../../simulator/programs.ts';
import { prometheusConfig, RULES_FILE } from '../../simulator/prometheus-config.ts';
import type { SimulatedNode } from '../../simulator/timeline.ts';
import { collectedLog } from '../web/collected-log.ts';

/** Long enough for a machine that is busy with other tests. */
const INTERVAL_SECONDS = 2;
/** For two scrapes, and for what is recorded of them. */
const SETTLE_MS = 3 * INTERVAL_SECONDS * 1000;

export type FrozenFleetOptions = {
  readonly nodes: number;
  readonly seed: number;
  readonly speed: number;
  /** When it stands still at the earliest, in the nodes' time. */
  readonly seconds: number;
};

type Parts = {
  readonly fleet: Fleet;
  readonly server: Server;
  readonly prometheus: ServingProgram;
  readonly folder: string;
};

export class FrozenFleet {
  readonly nodes: readonly SimulatedNode[];
  /** What the scripts say of that moment, node by node. */
  readonly expected: readonly Expected[];
  /** The nodes' time at that moment. */
  readonly seconds: number;
  /** The same moment since the epoch: no counter has moved since. */
  readonly atSeconds: number;
  readonly #fleet: Fleet;
  readonly #server: Server;
  readonly #prometheus: ServingProgram;
  readonly #folder: string;

  private constructor({ fleet, server, prometheus, folder }: Parts) {
    this.#fleet = fleet;
    this.#server = server;
    this.#prometheus = prometheus;
    this.#folder = folder;
    this.seconds = fleet.freeze();
    this.atSeconds = Date.now() / 1000;
    this.nodes = fleet.nodes.map(({ spec }) => spec);
    this.expected = this.nodes.map((spec) => expectedOf(spec, this.seconds));
  }

  /** Takes `seconds / speed`, and some seconds to settle. */
  static async start({ nodes, seed, speed, seconds }: FrozenFleetOptions): Promise<FrozenFleet> {
    const { log } = collectedLog();
    const folder = await mkdtemp(join(tmpdir(), 'conntrack-fleet-'));
    const fleet = new Fleet({ nodes, seed, speed, sampleMs: 100, peakWindowMs: 60_000, log });
    const server = createFleetServer({ fleet, log, links: () => [] });
    const fleetUrl = await listen(server, 0);
    const rulesFile = join(folder, 'rules.yaml');
    await writeFile(rulesFile, withShortHoldTimes(await readFile(RULES_FILE, 'utf8')));
    await writeFile(
      join(folder, 'prometheus.yml'),
      prometheusConfig({ fleetUrl, intervalSeconds: INTERVAL_SECONDS, rulesFile }),
    );
    fleet.start();
    const prometheus = await startPrometheus(findPrograms('prometheus').prometheus, folder);
    while (fleet.nowMs < seconds * 1000) await sleep((seconds * 1000 - fleet.nowMs) / speed);
    const frozen = new FrozenFleet({ fleet, server, prometheus, folder });
    await sleep(SETTLE_MS);
    return frozen;
  }

  /** Of Prometheus. */
  get url(): string {
    return this.#prometheus.url;
  }

  async stop(): Promise<void> {
    await this.#prometheus.stop();
    this.#fleet.stop();
    close(this.#server);
    await rm(this.#folder, { recursive: true });
  }
}

/** What has to stand for minutes stands for as many seconds here, as the nodes live faster too. */
function withShortHoldTimes(rules: string): string {
  return rules.replaceAll(/^( +for: \d+)m$/gm, '$1s');
}
