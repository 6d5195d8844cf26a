/** A program under measurement: started, waited for, asked over one connection, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type SubjectOptions = { readonly command: string; readonly args: readonly string[]; readonly uid?: number };

export class Subject {
  readonly port: number;
  readonly #command: string;
  readonly #process: ChildProcess;
  /** How it ended, as the end of a sentence; undefined while it runs. */
  #end: string | undefined;
  readonly #ended: Promise<void>;

  constructor({ command, args, uid }: SubjectOptions, port: number) {
    const user = uid === undefined ? {} : { uid, gid: uid };
    this.port = port;
    this.#command = [command, ...args].join(' ');
    this.#process = spawn(command, args, { ...user, stdio: 'ignore', cwd: '/' });
    this.#ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.#end ??= how;
        resolve();
      };
      this.#process.once('error', ({ message }) => end(message));
      this.#process.once('exit', (code, signal) =>
        end(code === null ? `it ended by ${signal}` : `it ended with exit code ${code}`),
      );
    });
  }

  /** @throws Error when the program could not be started */
  get pid(): number {
    if (this.#process.pid === undefined) throw this.#failure(this.#end ?? 'it did not start');
    return this.#process.pid;
  }

  /**
   * Milliseconds from now to the first answered scrape.
   *
   * @throws Error when the program has ended, even if another one answers on its port, or does not answer within 20 s
   */
  async firstAnswer(): Promise<number> {
    const startMs = performance.now();
    while (performance.now() - startMs < 20_000) {
      const answered = await scrape(this.port).catch(() => false);
      if (this.#end !== undefined) throw this.#failure(this.#end);
      if (answered !== false) return performance.now() - startMs;
      await sleep(2);
    }
    throw this.#failure(`no answer on port ${this.port} within 20 s`);
  }

  /** Returns at once when the program has ended by itself: its exit event comes only once. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#ended;
  }

  #failure(why: string): Error {
    return new Error(`Cannot measure "${this.#command}": ${why}; run it by hand to see its output`);
  }
}

/** As Prometheus 2.x asks. */
const HEADERS = {
  Accept:
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
  'Accept-Encoding': 'gzip',
  'User-Agent': 'Prometheus/2.42.0',
};

/** One scrape; the bytes of its body. */
export function scrape(port: number, agent?: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = get(
      { host: '127.0.0.1', port, path: '/metrics', headers: HEADERS, agent: agent ?? false },
      (answer) => {
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        answer.on('end', () =>
          answer.statusCode === 200 ? resolve(bytes) : reject(new Error(`status ${answer.statusCode}`)),
        );
        answer.on('error', reject);
      },
    );
    asked.on('error', reject);
  });
}

/** So many scrapes one after the other on one connection; milliseconds each took. */
export async function scrapeMany(port: number, times: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const durationsMs: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const startMs = performance.now();
    await scrape(port, agent);
    durationsMs.push(performance.now() - startMs);
  }
  agent.destroy();
  return durationsMs;
}
