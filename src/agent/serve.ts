import { History } from '../analysis/history.ts';
import { TableJudge } from '../analysis/table-judge.ts';
import { thresholdsOf } from '../config/alarm-conflicts.ts';
import type { Config } from '../config/options.ts';
import { countersOf, expectProcfs } from '../host/counters-source.ts';
import { NodeReader } from '../host/node-reader.ts';
import { ProcFs } from '../host/proc-fs.ts';
import { processUsageReader } from '../host/process-usage.ts';
import { Exposition } from '../metrics/exposition.ts';
import { createApp } from '../web/routes/app.ts';
import { startListeners } from '../web/server/listeners.ts';
import type { AccessControl } from '../web/server/web-config/access-control.ts';
import { Agent } from './agent.ts';
import { createNotifier } from './alertmanager.ts';
import { checkHeap } from './heap-check.ts';
import { Housekeeping } from './housekeeping.ts';
import { NetnsWatch } from './netns-watch.ts';
import type { ProcessContext } from './process-context.ts';
import { everyInterval } from './sampler.ts';

/** Counters change by the packet, but people want them by the second. */
const READ_MS = 1000;
const FIRST_MS = 1000;
const HOUSEKEEPING_MS = 30_000;

export type Running = { readonly addresses: readonly string[]; stop(): Promise<void> };

/** Starts the agent; resolves once it listens. Throws OperatorError where it cannot. */
export async function serve(config: Config, context: ProcessContext): Promise<Running> {
  const { log, clock, build } = context;
  const { sampleMs, peakWindowMs, nodeName } = config;
  const proc = new ProcFs(config.procRoot);
  expectProcfs(proc);
  const counters = countersOf(config, proc, (text, error) => log.warn({ error }, text));
  const reader = new NodeReader({ proc, clock, timeouts: config.timeouts, ...counters });
  const thresholds = thresholdsOf(config);
  const judge = new TableJudge({ peakWindowMs, thresholds });
  const exposition = new Exposition(build, thresholds);
  const history = new History();
  const notifier = await createNotifier(config, context);
  const flowSample = await createFlowSample(config, proc, context);
  const namespaces = config.collectNetns ? new NetnsWatch(proc, config.flowsTop, log) : undefined;
  const parts = {
    reader,
    judge,
    exposition,
    history,
    notifier,
    flowSample: flowSample?.runner,
    namespaces,
    ...context,
  };
  const own = { every: everyInterval, processUsage: processUsageReader(), checkHeap, readMs: READ_MS };
  const agent = new Agent({ ...parts, ...own, nodeName, sampleMs, peakWindowMs, thresholds });
  const housekeeping = new Housekeeping({ agent, proc, nodeIp: config.nodeIp, log });
  housekeeping.checkNetns();
  agent.start();
  try {
    const accessControl = await accessControlOf(config, context);
    const app = createApp(agent, { ...config, pageFolder: context.pageFolder }, log);
    const listeners = await startListeners({ ...listenerOptions(config), accessControl }, app, log);
    await flowSample?.start();
    namespaces?.start();
    const first = setTimeout(() => housekeeping.check(), FIRST_MS); // What it loads must not delay the first scrape.
    const timer = setInterval(() => housekeeping.check(), HOUSEKEEPING_MS);
    return {
      addresses: listeners.addresses,
      async stop() {
        clearTimeout(first);
        clearInterval(timer);
        flowSample?.stop();
        accessControl?.stop();
        namespaces?.stop();
        await listeners.stop();
        agent.stop();
      },
    };
  } catch (error) {
    agent.stop();
    throw error;
  }
}

/** Undefined when the flow sample is off, and then nothing of it is loaded. Throws OperatorError. */
async function createFlowSample(config: Config, proc: ProcFs, context: ProcessContext) {
  if (!config.collectFlows) return undefined;
  const { FlowSampleService } = await import('./flow-sample-service.ts');
  return new FlowSampleService(config, proc, context);
}

function listenerOptions({ listenAddresses, socketPath, keepAliveMs, nodeName, allowedHosts, given }: Config) {
  const socket = { socketPath: socketPath ?? '', socketIsDefault: !given.has('socketPath') };
  return { tcp: listenAddresses, ...socket, keepAliveMs, names: { nodeName, allowed: allowedHosts } };
}

/** Undefined when TCP is open to all, and then nothing of it is loaded. */
async function accessControlOf(
  { webConfigFile: path }: Config,
  { log, clock }: ProcessContext,
): Promise<AccessControl | undefined> {
  if (path === undefined) return undefined;
  const { openAccessControl } = await import('../web/server/web-config/access-control.ts');
  return openAccessControl({ path, clock }, log);
}
