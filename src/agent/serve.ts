import { History } from '../analysis/table/history.ts';
import { TableJudge } from '../analysis/table/table-judge.ts';
import { thresholdsOf } from '../config/conflicts.ts';
import type { Config } from '../config/options.ts';
import { countersOf, expectProcfs, NodeReader } from '../host/node-reader.ts';
import { readDropHasInsertFailures, readMemory } from '../host/procfs/node-facts.ts';
import { ProcFs } from '../host/procfs/proc-fs.ts';
import { processUsageReader } from '../host/procfs/process-usage.ts';
import type { ScrapeObserver } from '../model/scrapers.ts';
import type { AccessControl } from '../web/auth/access-control.ts';
import { createApp } from '../web/routes/app.ts';
import { type Listeners, startListeners } from '../web/server/listeners.ts';
import { Agent } from './agent.ts';
import { createCloudWatch } from './cloud-watch.ts';
import type { ProcessContext } from './context.ts';
import { createDirectAlerts } from './direct-alerts.ts';
import { topAddressesOf } from './flow-sample-view.ts';
import { checkHeap } from './heap-check.ts';
import { createKubeProxyWatch } from './kube-proxy-watch.ts';
import { NetnsWatch } from './netns-watch.ts';
import { NodeFacts } from './node-facts.ts';
import { everyInterval } from './sampler.ts';
import { ScraperWatch } from './scraper-watch.ts';
import { reloadFiles, type Startable, Started, type Subsystem } from './subsystem.ts';

/** Counters change by the packet, but people want them by the second. */
const TICK_MS = 1000;

type Running = {
  readonly addresses: readonly string[];
  /** Reads the files again that the agent reads while it runs, and logs the outcome. */
  reload(): void;
  stop(): Promise<void>;
};

/** Starts the agent; resolves once it listens. @throws OperatorError where it cannot. */
export async function serve(config: Config, context: ProcessContext): Promise<Running> {
  const proc = new ProcFs(config.procRoot);
  expectProcfs(proc);
  const { agent, before, after, observer, directAlerts } = await createAgent(config, proc, context);
  const listening = new Listening(config, agent, observer, context);
  const started = new Started(context.log);
  try {
    await started.start([...before, agent, ticking(agent), listening, ...after]);
  } catch (error) {
    await started.stop();
    throw error;
  }
  return {
    addresses: listening.addresses,
    reload: () =>
      reloadFiles(
        [listening.accessControl, directAlerts].filter((part) => part !== undefined),
        context.log,
      ),
    stop: () => started.stop(),
  };
}

/** The agent with its subsystems, those that its first tick needs apart; none of them is started. @throws OperatorError. */
async function createAgent(config: Config, proc: ProcFs, context: ProcessContext) {
  const { log, clock } = context;
  const { sampleMs, peakWindowMs, nodeName, nodeIp } = config;
  const thresholds = thresholdsOf(config);
  const judge = new TableJudge({ peakWindowMs, thresholds, dropHasInsertFailures: readDropHasInsertFailures(proc) });
  const counters = countersOf(config, proc, (text, error) => log.warn({ error }, text));
  const reader = new NodeReader({ proc, clock, timeouts: config.timeouts, ...counters });
  const { flowSample, newFlows } = await createFlows(config, proc, context);
  const kubeProxy = await createKubeProxyWatch(config, proc, () => judge.hasHeadroom, context);
  const scrapers = new ScraperWatch({ isUntracked: config.untracked, clock });
  const nodeFacts = new NodeFacts({ proc, nodeIp, log, readMemory, kubeProxyMode: () => kubeProxy?.settings?.mode });
  const directAlerts = await createDirectAlerts(config, () => topAddressesOf(flowSample, newFlows?.last), context);
  const after: Subsystem[] = [
    flowSample,
    newFlows,
    config.collectNetns ? new NetnsWatch(proc, config.flowsTop, log) : undefined,
    kubeProxy,
    createCloudWatch(proc, (readings, atMs) => judge.addCloud(readings, atMs), context),
  ].filter((subsystem) => subsystem !== undefined);
  const before: Subsystem[] = [nodeFacts, scrapers, ...(directAlerts === undefined ? [] : [directAlerts])];
  const agent = new Agent({
    ...{ nodeName, sampleMs, peakWindowMs, thresholds, reader, judge, nodeFacts, flowSample, context },
    subsystems: [...before, ...after],
    history: new History(),
    every: everyInterval,
    processUsage: processUsageReader(),
  });
  return { agent, before, after, observer: scrapers, directAlerts };
}

/** Neither exists when flows are not looked at, and then nothing of them is loaded. @throws OperatorError. */
async function createFlows(config: Config, proc: ProcFs, context: ProcessContext) {
  if (!config.collectFlows) return { flowSample: undefined, newFlows: undefined };
  const [{ createFlowSample }, { createNewFlows }] = await Promise.all([
    import('./flow-sample-runner.ts'),
    import('./new-flow-service.ts'),
  ]);
  const flowSample = createFlowSample(config, proc, context);
  return { flowSample, newFlows: createNewFlows(config, proc, () => flowSample.last?.flowSample, context) };
}

/** Ticks once a second, and ends the agent before its heap is full. */
function ticking(agent: Agent): Startable {
  let end: (() => void) | undefined;
  return {
    start() {
      end = everyInterval(TICK_MS, () => {
        checkHeap();
        void agent.refresh();
      });
    },
    stop: () => end?.(),
  };
}

/** The listeners, with authentication and TLS where a web config asks for them. */
class Listening implements Startable {
  readonly #config: Config;
  readonly #agent: Agent;
  readonly #observer: ScrapeObserver;
  readonly #context: ProcessContext;
  #accessControl: AccessControl | undefined;
  #listeners: Listeners | undefined;

  constructor(config: Config, agent: Agent, observer: ScrapeObserver, context: ProcessContext) {
    this.#config = config;
    this.#agent = agent;
    this.#observer = observer;
    this.#context = context;
  }

  get accessControl(): AccessControl | undefined {
    return this.#accessControl;
  }

  get addresses(): readonly string[] {
    return this.#listeners?.addresses ?? [];
  }

  async start(): Promise<void> {
    const { log, pageFolder } = this.#context;
    const { listenAddresses: tcp, socketPath = '', keepAliveMs, nodeName, allowedHosts, given } = this.#config;
    this.#accessControl = await createAccessControl(this.#config, this.#context);
    const app = createApp(this.#agent, { ...this.#config, pageFolder }, log);
    const options = {
      tcp,
      socketPath,
      socketIsDefault: !given.has('socketPath'),
      keepAliveMs,
      names: { nodeName, allowed: allowedHosts },
      accessControl: this.#accessControl,
      observer: this.#observer,
    };
    this.#listeners = await startListeners(options, app, log);
  }

  async stop(): Promise<void> {
    await this.#listeners?.stop();
    await this.#accessControl?.stop();
  }
}

/** Undefined when TCP is open to all, and then nothing of it is loaded. @throws OperatorError. */
async function createAccessControl(
  { webConfigFile: path }: Config,
  { log, clock, wallClock }: ProcessContext,
): Promise<AccessControl | undefined> {
  if (path === undefined) return undefined;
  const { openAccessControl } = await import('../web/auth/access-control.ts');
  return openAccessControl({ path, clock, wallClock }, log);
}
