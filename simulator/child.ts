/** Child processes of a test: output kept, end awaited, and none outlives the test process. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type ChildOptions = { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv };

const MAX_OUTPUT_CHARS = 1_000_000;

export class Child {
  readonly command: string;
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #watchers = new Set<() => void>();
  #exit: Exit | undefined;
  #failure: Error | undefined;
  #stdout = '';
  #stderr = '';

  constructor(command: string, args: readonly string[], options: ChildOptions = {}) {
    this.command = [command, ...args].join(' ');
    // The kernel ends the child with the test process, even one that was killed without a chance to clean up.
    const argv = ['--pdeathsig', 'KILL', '--', command, ...args];
    const { PATH = '', ...others } = options.env ?? process.env;
    const env = { ...others, PATH: `${PATH}:/usr/sbin:/sbin` }; // Where Debian keeps ip, nft and conntrack.
    this.#process = spawn('setpriv', argv, { ...options, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => this.#keep('stdout', text));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => this.#keep('stderr', text));
    this.#process.stdin.on('error', (cause) => this.#keep('stderr', `[stdin: ${cause.message}]`));
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit) => {
        this.#exit = exit;
        for (const watch of this.#watchers) watch();
        resolve(exit);
      };
      this.#process.on('error', (cause) => {
        this.#failure = cause;
        end({ code: null, signal: null });
      });
      this.#process.on('close', (code, signal) => end({ code, signal }));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  write(text: string): void {
    this.#process.stdin.write(text);
  }

  closeInput(): void {
    this.#process.stdin.end();
  }

  /** The first match in stdout or stderr from character `from` of each; an error when the child ends or the time is over first. */
  async waitFor(pattern: RegExp, { timeoutMs = 10_000, from = 0 } = {}): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        finish();
      };
      const look = () => {
        const match = this.#stdout.slice(from).match(pattern) ?? this.#stderr.slice(from).match(pattern);
        if (match !== null) settle(() => resolve(match));
        else if (this.#exit !== undefined) settle(() => reject(this.error(`it ended before saying ${pattern}`)));
      };
      const timer = setTimeout(() => {
        settle(() => reject(this.error(`it did not say ${pattern} within ${timeoutMs} ms`)));
      }, timeoutMs);
      this.#watchers.add(look);
      look();
    });
  }

  /** Asks the child to end, insists after the grace period. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 5_000): Promise<Exit> {
    if (this.#exit !== undefined) return this.#exit;
    this.#process.kill(signal);
    const insist = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(insist);
    return exit;
  }

  error(seen: string): Error {
    const said = [this.#stdout, this.#stderr].map((text) => text.trim()).filter((text) => text !== '');
    const message = [`Cannot run "${this.command}": ${seen}`, ...said.map((text) => text.slice(-2_000))].join('\n');
    return new Error(message, this.#failure && { cause: this.#failure });
  }

  #keep(stream: 'stdout' | 'stderr', text: string): void {
    if (stream === 'stdout') this.#stdout = (this.#stdout + text).slice(-MAX_OUTPUT_CHARS);
    else this.#stderr = (this.#stderr + text).slice(-MAX_OUTPUT_CHARS);
    for (const watch of this.#watchers) watch();
  }
}

/** Runs a command to its end and returns its stdout; any other exit than 0 is an error that carries its output. */
export async function run(
  command: string,
  args: readonly string[],
  { input, timeoutMs = 30_000, ...options }: ChildOptions & { input?: string; timeoutMs?: number } = {},
): Promise<string> {
  const child = new Child(command, args, options);
  if (input !== undefined) child.write(input);
  child.closeInput();
  return outcome(child, timeoutMs);
}

/** Waits for a child to end by itself. */
export async function outcome(child: Child, timeoutMs: number): Promise<string> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void child.stop('SIGKILL');
  }, timeoutMs);
  const { code, signal } = await child.exited;
  clearTimeout(timer);
  if (late) throw child.error(`no end within ${timeoutMs} ms`);
  if (code !== 0) throw child.error(`exit ${code ?? signal ?? 'without a code'}`);
  return child.stdout;
}
