import { datapathOf } from '../analysis/datapath.ts';
import type { TableFacts } from '../analysis/table/table-judge.ts';
import { type DatapathFacts, readDatapathFacts } from '../host/datapath.ts';
import { type NetnsCheck, readNetnsCheck } from '../host/netns/host-netns.ts';
import type { Memory } from '../host/procfs/node-facts.ts';
import type { ProcTree } from '../host/procfs/proc-fs.ts';
import { hiddenProblem } from '../host/procfs/sysctl.ts';
import type { Publication } from '../metrics/family.ts';
import type { Datapath } from '../model/datapath.ts';
import { tableBytes } from '../model/kernel.ts';
import { hasKubeProxyTimeouts } from '../model/kube-proxy.ts';
import type { Log } from '../model/log.ts';
import type { OperatorError } from '../model/operator-error.ts';
import type { Reading, Timeout } from '../model/reading.ts';
import { isShortOfMemory } from '../model/status.ts';
import { FOREIGN_REMEDY, type StatusJson } from '../model/status-json.ts';
import { Poller } from '../system/poller.ts';
import { ProblemLog } from '../system/problem-log.ts';
import type { AgentState, Subsystem } from './subsystem.ts';

const FIRST_MS = 1000;
const PAUSE_MS = 30_000;

export type NodeFactsParts = {
  readonly proc: ProcTree;
  readonly nodeIp: string | undefined;
  readonly log: Log;
  /** Undefined where kube-proxy does not answer. */
  readonly kubeProxyMode?: () => string | undefined;
  /** Rejects where it cannot be read. */
  readonly readMemory: () => Promise<Memory>;
};

/** What changes rarely or never: the network namespace, the interfaces in it, the memory of the machine. */
export class NodeFacts implements Subsystem {
  readonly #parts: NodeFactsParts;
  readonly #poller = new Poller({ run: () => this.check(), pauseMs: () => PAUSE_MS, firstMs: FIRST_MS });
  readonly #memoryProblems: ProblemLog;
  readonly #datapath = new DatapathMemo();
  #netns: NetnsCheck | undefined;
  /** A process stays in its network namespace: once proven, an address that is gone changes nothing. */
  #proven: NetnsCheck | undefined;
  #hidden: OperatorError | undefined;
  #memory: Memory | undefined;
  #wasForeign = false;

  constructor(parts: NodeFactsParts) {
    this.#parts = parts;
    this.#memoryProblems = new ProblemLog(parts.log);
  }

  /** Undefined before the first check. */
  get netns(): NetnsCheck | undefined {
    return this.#netns;
  }

  /** Why the table cannot be seen in this procfs; undefined where it can. */
  get hidden(): OperatorError | undefined {
    return this.#hidden;
  }

  /** How the node connects its pods; undefined where nothing shows. Interfaces of another namespace tell nothing of the node. */
  datapath(timeouts: readonly Timeout[]): Datapath | undefined {
    if (this.#netns?.inHostNetns === false) return undefined;
    return this.#datapath.of(this.#parts.kubeProxyMode?.(), timeouts);
  }

  /** The first scrape needs the network's facts: whose table it is, and what it means. What else is loaded must not delay that scrape. */
  start(): void {
    this.checkNetwork();
    this.#poller.start();
  }

  stop(): void {
    void this.#poller.stop();
  }

  async check(): Promise<void> {
    this.checkNetwork();
    try {
      this.#memory = await this.#parts.readMemory();
      this.#memoryProblems.succeeded("the machine's memory can be read again");
    } catch (error) {
      this.#memoryProblems.failed(error, 'sizing advice is absent');
    }
  }

  checkNetwork(): void {
    this.#checkNetns();
    this.#hidden = hiddenProblem(this.#parts.proc);
    this.#datapath.update(readDatapathFacts(this.#parts.proc));
  }

  #checkNetns(): void {
    const { proc, nodeIp, log } = this.#parts;
    this.#netns = this.#proven ?? readNetnsCheck(proc, nodeIp);
    const { inHostNetns, why } = this.#netns;
    if (inHostNetns === true && proc.isKernel()) this.#proven = this.#netns;
    const isForeign = inHostNetns === false;
    if (isForeign && !this.#wasForeign) {
      log.error({ remedy: FOREIGN_REMEDY }, `Not in the node's network namespace, this is not its table: ${why}`);
    }
    if (!isForeign && this.#wasForeign) log.info({}, `in the node's network namespace again: ${why}`);
    this.#wasForeign = isForeign;
  }

  facts(): Partial<TableFacts> {
    return { isShortOfMemory: this.#memory && isShortOfMemory(this.#memory) };
  }

  publication({ reading }: AgentState): Partial<Publication> {
    return { datapath: this.datapath(reading.timeouts) };
  }

  statusJson({ reading }: AgentState): Partial<StatusJson> {
    const memory = this.#memory && memoryJson(reading, this.#memory);
    return { netns: this.#netns, memory, datapath: this.datapath(reading.timeouts) };
  }
}

/** Bytes; the two of the table are estimates. */
function memoryJson({ entries, limit, buckets }: Reading, memory: Memory): unknown {
  const bytesOf = (count?: number) => (count === undefined ? undefined : tableBytes(count, buckets ?? 0));
  return { ...memory, tableBytes: bytesOf(entries), fullTableBytes: bytesOf(limit) };
}

/** Judged again only when something has changed: a node may have thousands of interfaces. */
class DatapathMemo {
  #facts: DatapathFacts | undefined;
  #key = '';
  #datapath: Datapath | undefined;

  update(facts: DatapathFacts): void {
    this.#facts = facts;
    this.#key = '';
  }

  /** Undefined before the first facts, and where nothing shows. */
  of(kubeProxyMode: string | undefined, timeouts: readonly Timeout[]): Datapath | undefined {
    if (this.#facts === undefined) return undefined;
    const hasTimeouts = hasKubeProxyTimeouts(timeouts);
    const key = `${kubeProxyMode} ${hasTimeouts}`;
    if (key !== this.#key) {
      this.#key = key;
      this.#datapath = datapathOf({ ...this.#facts, kubeProxyMode, hasKubeProxyTimeouts: hasTimeouts });
    }
    return this.#datapath;
  }
}
