import { schedule } from 'node-cron';
import { hasNetAdmin } from '../host/capabilities.ts';
import type { CounterSource } from '../host/counters.ts';
import { CtnetlinkCounters } from '../host/ctnetlink-counters.ts';
import { readMemory } from '../host/memory.ts';
import { readNetnsVerdict } from '../host/netns.ts';
import { NodeReader } from '../host/node-reader.ts';
import { ProcFs } from '../host/proc-fs.ts';
import { createApp } from '../http/app.ts';
import { startListeners } from '../http/listeners.ts';
import { TableJudge } from '../judge/table-judge.ts';
import type { Log } from '../log.ts';
import { type BuildInfo, Exposition } from '../metrics/exposition.ts';
import { OperatorError } from '../operator-error.ts';
import { Agent, NETNS_REMEDY } from './agent.ts';
import type { Config } from './options.ts';

/** What only main.ts may touch. */
export type Surroundings = {
  readonly log: Log;
  readonly build: BuildInfo;
  readonly clock: () => number;
  readonly wallClock: () => number;
};

export type Running = { readonly addresses: readonly string[]; stop(): Promise<void> };

/** Starts the agent; resolves once it listens. Throws OperatorError where it cannot. */
export async function serve(config: Config, surroundings: Surroundings): Promise<Running> {
  const { log, clock, wallClock, build } = surroundings;
  const { sampleMs, peakWindowMs, nodeName } = config;
  const proc = new ProcFs(config.procRoot);
  const reader = new NodeReader({ proc, clock, ...countersOf(config, proc) });
  const judge = new TableJudge({ peakWindowMs });
  const exposition = new Exposition(build);
  const agent = new Agent({
    reader,
    judge,
    exposition,
    log,
    clock,
    wallClock,
    nodeName,
    build,
    sampleMs,
    peakWindowMs,
  });
  const keepHouse = housekeeping(agent, proc, config, log);
  keepHouse();
  agent.start();
  try {
    const listeners = await startListeners(listenerOptions(config), createApp(agent, config, log), log);
    const task = schedule('*/30 * * * * *', keepHouse, { noOverlap: true });
    return {
      addresses: listeners.addresses,
      async stop() {
        await task.stop();
        await listeners.stop();
        agent.stop();
      },
    };
  } catch (error) {
    agent.stop();
    throw error;
  }
}

function listenerOptions({ listenAddresses, socketPath, keepAliveMs, given }: Config) {
  return { tcp: listenAddresses, socketPath: socketPath ?? '', socketIsDefault: !given.has('socketPath'), keepAliveMs };
}

/** A copied procfs is one node's, ctnetlink another's: the two are never mixed. */
function countersOf({ collectCounters, countersVia }: Config, proc: ProcFs) {
  if (!collectCounters) return {};
  if (countersVia === 'procfs') return { counters: { fallBack: true } };
  if (countersVia === 'ctnetlink' && !proc.isKernel()) {
    throw new OperatorError(`Cannot read counters by ctnetlink beside "${proc.root}": it is not the kernel's procfs`, {
      remedy: 'Leave out --path.procfs, or use --collector.counters.via=procfs',
    });
  }
  const mayAsk = countersVia === 'ctnetlink' || (proc.isKernel() && hasNetAdmin());
  const ctnetlink: CounterSource | undefined = mayAsk ? new CtnetlinkCounters() : undefined;
  return { counters: { fallBack: countersVia === 'auto', ...(ctnetlink && { ctnetlink }) } };
}

/** What changes rarely: the network namespace, told once when it is wrong and once when it is right again; the memory. */
function housekeeping(agent: Agent, proc: ProcFs, { nodeIp }: Config, log: Log): () => void {
  let wasForeign = false;
  let memoryProblem: string | undefined;
  return function keepHouse() {
    const netns = readNetnsVerdict(proc, nodeIp);
    agent.know({ netns });
    const isForeign = netns.inHostNetns === false;
    const fields = { remedy: NETNS_REMEDY };
    if (isForeign && !wasForeign)
      log.error(fields, `Not in the node's network namespace, so this is not its table: ${netns.why}`);
    if (!isForeign && wasForeign) log.info({}, `In the node's network namespace again: ${netns.why}`);
    wasForeign = isForeign;
    readMemory().then(
      (memory) => agent.know({ memory }),
      (error: Error) => {
        if (error.message !== memoryProblem) log.warn({ error }, 'sizing advice is absent');
        memoryProblem = error.message;
      },
    );
  };
}
