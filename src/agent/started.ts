import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import type { Startable } from './subsystem.ts';

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
