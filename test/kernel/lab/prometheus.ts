/** A real Prometheus inside a namespace. In the peer nothing is tracked, so it can be asked while the node's table is full. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../../simulator/child.ts';
import { serverProgram } from '../../../simulator/program-paths.ts';
import type { Place, Side } from './namespaces.ts';
import { httpGet } from './tcp.ts';

const READY_MS = 20_000;

export type Series = {
  readonly labels: Readonly<Record<string, string>>;
  /** One of an instant vector, each scraped value of a range vector. */
  readonly samples: readonly { readonly atSeconds: number; readonly value: number }[];
};

export type PrometheusOptions = {
  /** prometheus.yml */
  readonly config: string;
  readonly side?: Side;
  /** Address inside the namespace; namespaces do not share ports. */
  readonly listen?: string;
  /** Debian's, or with NEWER_PROGRAMS=true the newer one, unless given. */
  readonly program?: string;
};

export class Prometheus {
  readonly #lab: Place;
  readonly #side: Side;
  readonly #base: string;
  readonly #folder: string;
  readonly #child: Child;

  private constructor(lab: Place, side: Side, listen: string, folder: string, program: string) {
    this.#lab = lab;
    this.#side = side;
    this.#base = `http://${listen}`;
    this.#folder = folder;
    this.#child = lab.spawnIn(side, program, [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${listen}`,
    ]);
  }

  static async start(
    lab: Place,
    { config, side = 'peer', listen = '127.0.0.1:9090', program = serverProgram('prometheus') }: PrometheusOptions,
  ): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'conntrack-lab-prometheus-'));
    await writeFile(join(folder, 'prometheus.yml'), config);
    const prometheus = new Prometheus(lab, side, listen, folder, program);
    try {
      await prometheus.#ready();
      return prometheus;
    } catch (cause) {
      await prometheus.stop();
      throw cause;
    }
  }

  /** All it has written so far. */
  get log(): string {
    return this.#child.stdout + this.#child.stderr;
  }

  /** An instant vector (`up`) or a range vector, which gives the samples as scraped (`up[2m]`). */
  async query(expression: string): Promise<Series[]> {
    const url = `${this.#base}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const { status, body } = await httpGet(this.#lab, this.#side, url);
    if (status !== 200) throw new Error(`Cannot query "${expression}": status ${status}: ${body}`);
    const { data } = JSON.parse(body) as { data: { result: RawSeries[] } };
    return data.result.map(({ metric, value, values }) => ({
      labels: metric,
      samples: (values ?? (value === undefined ? [] : [value])).map(([atSeconds, text]) => ({
        atSeconds,
        value: Number(text.replace('Inf', 'Infinity')),
      })),
    }));
  }

  async stop(): Promise<void> {
    await this.#child.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const lateMs = performance.now() + READY_MS;
    let seen = 'nothing';
    let ended = false;
    void this.#child.exited.then(() => {
      ended = true;
    });
    while (!ended && performance.now() < lateMs) {
      seen = await this.#readiness();
      if (seen === '200') return;
      await sleep(100);
    }
    throw this.#child.error(`not ready within ${READY_MS} ms, last seen: ${seen}`);
  }

  async #readiness(): Promise<string> {
    try {
      return String((await httpGet(this.#lab, this.#side, `${this.#base}/-/ready`)).status);
    } catch (cause) {
      return String(cause);
    }
  }
}

type RawSeries = {
  readonly metric: Record<string, string>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
};
