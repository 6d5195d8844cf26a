import { type DatapathFacts, readDatapathFacts } from '../host/datapath.ts';
import { type NetnsCheck, readNetnsCheck } from '../host/netns/host-netns.ts';
import { type Memory, readMemory } from '../host/procfs/node-facts.ts';
import type { ProcFs } from '../host/procfs/proc-fs.ts';
import { hiddenProblem } from '../host/procfs/sysctl.ts';
import type { Log } from '../model/log.ts';
import type { OperatorError } from '../model/operator-error.ts';
import { FOREIGN_REMEDY } from '../model/status-json.ts';

export type FoundFacts = {
  /** Why the table cannot be seen in this procfs. */
  readonly hidden?: OperatorError | undefined;
  readonly netns?: NetnsCheck;
  readonly memory?: Memory;
  readonly datapathFacts?: DatapathFacts;
};

/** Receives what housekeeping finds out. */
export type Updatable = { update(found: FoundFacts): void };

export type HousekeepingParts = {
  readonly agent: Updatable;
  readonly proc: ProcFs;
  readonly nodeIp: string | undefined;
  readonly log: Log;
};

/** What changes rarely or never: the network namespace, the interfaces in it, the machine's memory. Each problem is logged once, and once when it is over. */
export class Housekeeping {
  readonly #parts: HousekeepingParts;
  #wasForeign = false;
  /** A process stays in its network namespace: once proven, an address that is gone changes nothing. */
  #proven: NetnsCheck | undefined;
  #memoryProblem: string | undefined;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
  }

  check(): void {
    this.checkNetwork();
    void this.#checkMemory();
  }

  /** What the first scrape must tell: whose table it is, and what it means. */
  checkNetwork(): void {
    this.#checkNetns();
    const { agent, proc } = this.#parts;
    agent.update({ datapathFacts: readDatapathFacts(proc), hidden: hiddenProblem(proc) });
  }

  #checkNetns(): void {
    const { agent, proc, nodeIp, log } = this.#parts;
    const netns = this.#proven ?? readNetnsCheck(proc, nodeIp);
    if (netns.inHostNetns === true && proc.isKernel()) this.#proven = netns;
    agent.update({ netns });
    const isForeign = netns.inHostNetns === false;
    if (isForeign && !this.#wasForeign) {
      log.error({ remedy: FOREIGN_REMEDY }, `Not in the node's network namespace, this is not its table: ${netns.why}`);
    }
    if (!isForeign && this.#wasForeign) log.info({}, `in the node's network namespace again: ${netns.why}`);
    this.#wasForeign = isForeign;
  }

  async #checkMemory(): Promise<void> {
    const { agent, log } = this.#parts;
    try {
      agent.update({ memory: await readMemory() });
      this.#memoryProblem = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#memoryProblem) log.warn({ error }, 'sizing advice is absent');
      this.#memoryProblem = message;
    }
  }
}
