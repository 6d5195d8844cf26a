/** The built program as a child process, with the flags of Node that it is shipped with, for tests that look at it from outside. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { programPath } from '../simulator/program-paths.ts';
import { NODE_FLAGS } from '../src/config/v8-flags.ts';
import { reachableProgram } from './reachable.ts';

export const PROGRAM = fileURLToPath(new URL('../dist/conntrack-agent.js', import.meta.url));

export type Exit = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type ProgramOptions = {
  readonly env?: Record<string, string>;
  readonly uid?: number;
  /** Name of a network namespace, which brings its own files of /etc along (ip-netns(8)). */
  readonly netns?: string;
  /** Highest number of descriptors it may have open. */
  readonly descriptors?: number;
};

export class Program {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  #stdout = '';
  #stderr = '';

  constructor(args: readonly string[], { env = {}, uid, netns, descriptors }: ProgramOptions = {}) {
    if (!existsSync(PROGRAM)) throw new Error(`Cannot start "${PROGRAM}": no such file; run: node build.mjs`);
    const user = uid === undefined ? {} : { uid, gid: uid };
    const program = uid === undefined ? PROGRAM : reachableProgram();
    const options = { env: { PATH: process.env['PATH'], ...env }, ...user, cwd: '/' };
    const inNetns = netns === undefined ? [] : [programPath('ip')!, 'netns', 'exec', netns];
    const limit = descriptors === undefined ? [] : ['sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`];
    const [command, ...words] = [...inNetns, ...limit, process.execPath, ...NODE_FLAGS, program, ...args];
    this.#process = spawn(command!, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.exited = new Promise((resolve) => {
      this.#process.once('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`Cannot start "${PROGRAM}"`);
    return this.#process.pid;
  }

  /** Lines of its log so far. */
  get log(): readonly Record<string, unknown>[] {
    const lines = this.#stderr.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The first log line whose message matches, waited for. */
  async logged(pattern: RegExp): Promise<Record<string, unknown>> {
    const find = () => this.log.find(({ msg }) => pattern.test(String(msg)));
    const seen = vi.waitUntil(find, { timeout: 10_000, interval: 25 }).catch(() => undefined);
    const line = await Promise.race([seen, this.exited.then(find)]);
    if (line === undefined) throw new Error(`Cannot find ${pattern} in the log of the program:\n${this.#stderr}`);
    return line;
  }

  /** Base of its first TCP address. */
  async url(): Promise<string> {
    const { address } = await this.logged(/^Listening on "[^u]/);
    return `http://${String(address)}`;
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    const insist = setTimeout(() => this.signal('SIGKILL'), 10_000);
    const exit = await this.exited;
    clearTimeout(insist);
    return exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
