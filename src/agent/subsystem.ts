import type { TableFacts } from '../analysis/table/table-judge.ts';
import type { Publication } from '../metrics/family.ts';
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import type { Reading } from '../model/reading.ts';
import type { Status } from '../model/status.ts';
import type { StatusJson } from '../model/status-json.ts';

/** What the agent knows after a tick; everything that answers a request is a view of it. */
export type AgentState = {
  readonly reading: Reading;
  readonly status: Status;
  /** Wall clock of the tick, milliseconds since the epoch. */
  readonly wallMs: number;
};

/** Something that `serve` starts, and stops in reverse order. */
export type Startable = {
  start?(): void | Promise<void>;
  stop?(): void | Promise<void>;
};

/** A part of the running agent beside the table. It exists only where it is configured, and contributes what it knows. */
export type Subsystem = Startable & {
  /** What alarms are judged by; called in each tick, before they are judged. */
  facts?(reading: Reading): Partial<TableFacts>;
  /** Called in each tick, after the alarms are judged. */
  judged?(status: Status): void;
  /** Members of a scrape. A pure view. */
  publication?(state: AgentState): Partial<Publication>;
  /** Members of `/api/v1/status`. A pure view. */
  statusJson?(state: AgentState): Partial<StatusJson>;
};

/** A part of the agent that reads files. */
export type Reloadable = {
  /**
   * Reads its files again, and uses them from now on.
   * @throws OperatorError where they cannot be used; the files read before stay in force
   */
  reload(): void;
};

/** What SIGHUP does. Logs one line with the outcome. A part whose files cannot be used does not keep the others from reading theirs. */
export function reloadFiles(parts: readonly Reloadable[], log: Log): void {
  const problems = parts.flatMap((part) => {
    try {
      part.reload();
      return [];
    } catch (error) {
      return [describeError(error)];
    }
  });
  if (problems.length > 0) {
    const remedies = problems.flatMap(({ remedy }) => remedy ?? []);
    const remedy = remedies.length === 0 ? undefined : remedies.join('. ');
    const messages = problems.map(({ message }) => message).join('; ');
    log.error({ remedy }, `${messages}; the files that were read before stay in force`);
  } else if (parts.length === 0) {
    log.info({}, 'No file to read again: flags and variables take effect at a restart');
  } else log.info({}, 'All files were read again and are in force');
}

/** What has been started, in order. It is stopped in reverse order: on shutdown, or where something later cannot start. */
export class Started {
  readonly #started: Startable[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  async start(parts: readonly (Startable | undefined)[]): Promise<void> {
    for (const part of parts) {
      if (part === undefined) continue;
      this.#started.push(part);
      await part.start?.();
    }
  }

  /** Stops the others also where one fails. */
  async stop(): Promise<void> {
    for (let part = this.#started.pop(); part !== undefined; part = this.#started.pop()) {
      try {
        await part.stop?.();
      } catch (error) {
        this.#log.error({ error }, `Cannot stop a part of the agent: ${describeError(error).message}`);
      }
    }
  }
}
