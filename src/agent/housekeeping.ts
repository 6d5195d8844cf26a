import { type NetnsCheck, readNetnsCheck } from '../host/netns.ts';
import { type Memory, readMemory } from '../host/node-facts.ts';
import type { ProcFs } from '../host/proc-fs.ts';
import type { Log } from '../model/log.ts';
import { FOREIGN_REMEDY } from '../model/reports.ts';

/** Who is told what housekeeping finds out. */
export type Informed = { know(found: { netns?: NetnsCheck; memory?: Memory }): void };

export type HousekeepingParts = {
  readonly agent: Informed;
  readonly proc: ProcFs;
  readonly nodeIp: string | undefined;
  readonly log: Log;
};

/** What changes rarely: the network namespace and the machine's memory. Each trouble is told once, and once that it is over. */
export class Housekeeping {
  readonly #parts: HousekeepingParts;
  #wasForeign = false;
  #memoryProblem: string | undefined;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
  }

  keep(): void {
    this.#lookAtNetns();
    void this.#lookAtMemory();
  }

  #lookAtNetns(): void {
    const { agent, proc, nodeIp, log } = this.#parts;
    const netns = readNetnsCheck(proc, nodeIp);
    agent.know({ netns });
    const isForeign = netns.inHostNetns === false;
    if (isForeign && !this.#wasForeign) {
      log.error({ remedy: FOREIGN_REMEDY }, `Not in the node's network namespace, this is not its table: ${netns.why}`);
    }
    if (!isForeign && this.#wasForeign) log.info({}, `in the node's network namespace again: ${netns.why}`);
    this.#wasForeign = isForeign;
  }

  async #lookAtMemory(): Promise<void> {
    const { agent, log } = this.#parts;
    try {
      agent.know({ memory: await readMemory() });
      this.#memoryProblem = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#memoryProblem) log.warn({ error }, 'sizing advice is absent');
      this.#memoryProblem = message;
    }
  }
}
