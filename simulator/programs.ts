/** Prometheus and Alertmanager on free ports of 127.0.0.1. They end with this process, whatever becomes of it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../src/model/operator-error.ts';
import { Child } from './child.ts';
import { freePort } from './free-port.ts';
import { programPath } from './program-paths.ts';

const READY_MS = 20_000;
/** What Debian calls them, and what their makers do. */
const NAMES = { prometheus: ['prometheus'], alertmanager: ['prometheus-alertmanager', 'alertmanager'] } as const;

export type ProgramName = keyof typeof NAMES;

/** Commands that run them. Throws an OperatorError that names all that are missing. */
export function findPrograms<Name extends ProgramName>(...wanted: readonly Name[]): Record<Name, string> {
  const found = wanted.map(
    (name) => [name, NAMES[name].find((command) => programPath(command) !== undefined)] as const,
  );
  const missing = found.flatMap(([name, command]) => (command === undefined ? [name] : []));
  if (missing.length === 0) return Object.fromEntries(found) as Record<Name, string>;
  throw new OperatorError(
    `Cannot find ${missing.map((name) => `"${name}"`).join(' and ')}: not in any folder of PATH`,
    {
      remedy:
        'On Debian and Ubuntu: apt-get install --no-install-recommends prometheus prometheus-alertmanager; elsewhere put ' +
        'the programs from prometheus.io/download into a folder of PATH',
    },
  );
}

/** A program that answers at `url`. */
export class ServingProgram {
  readonly url: string;
  readonly #child: Child;

  private constructor(url: string, child: Child) {
    this.url = url;
    this.#child = child;
  }

  /** @param argsAt the arguments, given `host:port` to listen on */
  static async start(command: string, argsAt: (address: string) => readonly string[]): Promise<ServingProgram> {
    const address = `127.0.0.1:${await freePort()}`;
    const program = new ServingProgram(`http://${address}`, new Child(command, argsAt(address)));
    try {
      await program.#ready();
      return program;
    } catch (cause) {
      await program.stop();
      throw cause;
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }

  async #ready(): Promise<void> {
    let hasEnded = false;
    void this.#child.exited.then(() => {
      hasEnded = true;
    });
    for (const lateMs = performance.now() + READY_MS; performance.now() < lateMs && !hasEnded; await sleep(50)) {
      const answer = await fetch(`${this.url}/-/ready`).catch(() => undefined);
      if (answer?.ok) return;
    }
    throw this.#child.error(hasEnded ? 'it ended before it was ready' : `not ready within ${READY_MS} ms`);
  }
}

/** `folder` holds prometheus.yml and will hold its data. */
export function startPrometheus(
  command: string,
  folder: string,
  flags: readonly string[] = [],
): Promise<ServingProgram> {
  return ServingProgram.start(command, (address) => [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=${address}`,
    `--web.external-url=http://${address}`,
    ...flags,
  ]);
}

/** `folder` holds alertmanager.yml and will hold its data. */
export function startAlertmanager(command: string, folder: string): Promise<ServingProgram> {
  return ServingProgram.start(command, (address) => [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=${address}`,
    `--web.external-url=http://${address}`,
    '--cluster.listen-address=',
  ]);
}
