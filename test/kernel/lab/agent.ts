/** The built agent inside a namespace, with the flags of Node that it is shipped with, asked over its unix socket: a path, which no network namespace separates from the test. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Child } from '../../../simulator/child.ts';
import { NODE_FLAGS } from '../../../src/config/v8-flags.ts';
import type { Lab, Side } from './namespaces.ts';
import type { HttpAnswer } from './tcp.ts';

export const AGENT_PROGRAM = fileURLToPath(new URL('../../../dist/conntrack-agent.js', import.meta.url));

/** Arguments of Node that start it as it is shipped; its own flags follow. */
export const AGENT_ARGS: readonly string[] = [...NODE_FLAGS, AGENT_PROGRAM];

const READY_MS = 20_000;

export type AgentOptions = {
  readonly side?: Side;
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly program?: string;
};

export class Agent {
  /** Value of --web.socket. */
  readonly socketPath: string;
  readonly #folder: string;
  readonly #child: Child;

  private constructor(lab: Lab, folder: string, { side = 'node', flags = [], env, program }: AgentOptions) {
    this.#folder = folder;
    this.socketPath = join(folder, 'agent.sock');
    const args = [...NODE_FLAGS, program ?? AGENT_PROGRAM, `--web.socket=${this.socketPath}`, ...flags];
    this.#child = lab.spawnIn(side, process.execPath, args, { env: { ...process.env, ...env } });
  }

  /** Resolves once the agent answers on its socket. */
  static async start(lab: Lab, options: AgentOptions = {}): Promise<Agent> {
    const program = options.program ?? AGENT_PROGRAM;
    if (!existsSync(program)) throw new Error(`Cannot start "${program}": no such file; run: node build.mjs`);
    const agent = new Agent(lab, await mkdtemp(join(tmpdir(), 'conntrack-lab-agent-')), options);
    try {
      await agent.#answering();
      return agent;
    } catch (cause) {
      await agent.stop();
      throw cause;
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** All it has written so far. */
  get log(): string {
    return this.#child.stdout + this.#child.stderr;
  }

  /** The first match in its log, waited for. */
  async logged(pattern: RegExp, timeoutMs = 10_000): Promise<RegExpMatchArray> {
    return this.#child.waitFor(pattern, { timeoutMs });
  }

  /** One GET over the unix socket from the test process. */
  async get(path: string, { headers = {}, timeoutMs = 5_000 } = {}): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.socketPath, path, headers, timeout: timeoutMs, agent: false };
      const asked = request(options, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      });
      asked.on('timeout', () => asked.destroy(new Error(`Cannot get "${path}": no answer within ${timeoutMs} ms`)));
      asked.on('error', reject);
      asked.end();
    });
  }

  /** Rejects with its last words when it ends, whoever ended it. */
  async ended(): Promise<never> {
    await this.#child.exited;
    throw this.#child.error('it has ended');
  }

  /** SIGTERM, then its exit code; null when it had to be killed. */
  async stop(): Promise<number | null> {
    const { code } = await this.#child.stop();
    await rm(this.#folder, { recursive: true, force: true });
    return code;
  }

  async #answering(): Promise<void> {
    const lateMs = performance.now() + READY_MS;
    let ended = false;
    void this.#child.exited.then(() => {
      ended = true;
    });
    let seen = 'nothing';
    while (!ended && performance.now() < lateMs) {
      try {
        await this.get('/-/healthy');
        return;
      } catch (cause) {
        seen = String(cause);
      }
      await sleep(50);
    }
    throw this.#child.error(`no answer on "${this.socketPath}", last seen: ${seen}`);
  }
}
