import { hasNetAdmin } from '../host/capabilities.ts';
import type { CounterSource } from '../host/counters.ts';
import { CtnetlinkCounters } from '../host/ctnetlink-counters.ts';
import { NodeReader } from '../host/node-reader.ts';
import { ProcFs } from '../host/proc-fs.ts';
import { createApp } from '../http/app.ts';
import { startListeners } from '../http/listeners.ts';
import type { Doors } from '../http/web-config/doors.ts';
import { TableJudge } from '../judge/table-judge.ts';
import type { Log } from '../log.ts';
import { type BuildInfo, Exposition } from '../metrics/exposition.ts';
import { OperatorError } from '../operator-error.ts';
import { Agent } from './agent.ts';
import { Housekeeping } from './housekeeping.ts';
import type { Config } from './options.ts';
import { createPager } from './paging.ts';

const HOUSEKEEPING_MS = 30_000;

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
  if (!proc.isThere()) throw noProcfs(config.procRoot);
  const reader = new NodeReader({ proc, clock, ...countersOf(config, proc, log) });
  const judge = new TableJudge({ peakWindowMs });
  const exposition = new Exposition(build);
  const pager = await createPager(config, surroundings);
  const agent = new Agent({
    reader,
    judge,
    exposition,
    pager,
    log,
    clock,
    wallClock,
    nodeName,
    build,
    sampleMs,
    peakWindowMs,
  });
  const house = new Housekeeping({ agent, proc, nodeIp: config.nodeIp, log });
  house.keep();
  agent.start();
  try {
    const doors = await doorsOf(config, surroundings);
    const listeners = await startListeners({ ...listenerOptions(config), doors }, createApp(agent, config, log), log);
    const timer = setInterval(() => house.keep(), HOUSEKEEPING_MS);
    return {
      addresses: listeners.addresses,
      async stop() {
        clearInterval(timer);
        doors?.stop();
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

/** Undefined when TCP is open to all, and then nothing of it is loaded. */
async function doorsOf({ webConfigFile: path }: Config, { log, clock }: Surroundings): Promise<Doors | undefined> {
  if (path === undefined) return undefined;
  const { openDoors } = await import('../http/web-config/doors.ts');
  return openDoors({ path, clock }, log);
}

/** A copied procfs is one node's, ctnetlink another's: the two are never mixed. */
function countersOf({ collectCounters, countersVia }: Config, proc: ProcFs, log: Log) {
  if (!collectCounters) return {};
  if (countersVia === 'procfs') return { counters: { fallBack: true } };
  if (countersVia === 'ctnetlink' && !proc.isKernel()) {
    throw new OperatorError(`Cannot read counters by ctnetlink beside "${proc.root}": it is not the kernel's procfs`, {
      remedy: 'Leave out --path.procfs, or use --collector.counters.via=procfs',
    });
  }
  const mayAsk = countersVia === 'ctnetlink' || (proc.isKernel() && mayBeAdmin(log));
  const ctnetlink: CounterSource | undefined = mayAsk ? new CtnetlinkCounters() : undefined;
  return { counters: { fallBack: countersVia === 'auto', ...(ctnetlink && { ctnetlink }) } };
}

function mayBeAdmin(log: Log): boolean {
  try {
    return hasNetAdmin();
  } catch (error) {
    log.warn({ error }, 'counters come from procfs: whether ctnetlink may be asked is not known');
    return false;
  }
}

function noProcfs(root: string): OperatorError {
  return new OperatorError(`Cannot read "${root}": there is no such folder`, {
    remedy: "Point --path.procfs at the node's proc file system",
  });
}
