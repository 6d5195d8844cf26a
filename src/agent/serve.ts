import { lookup } from 'node:dns/promises';
import type { Notifier } from '../alertmanager/notifier.ts';
import { Scrapers } from '../analysis/scrapers/scrapers.ts';
import { History } from '../analysis/table/history.ts';
import { TableJudge } from '../analysis/table/table-judge.ts';
import { thresholdsOf } from '../config/conflicts.ts';
import type { Config } from '../config/options.ts';
import { readOnlySettings } from '../host/netns/host-netns.ts';
import { countersOf, expectProcfs, NodeReader } from '../host/node-reader.ts';
import { readCpuCount, readDropHasInsertFailures } from '../host/procfs/node-facts.ts';
import { ProcFs } from '../host/procfs/proc-fs.ts';
import { processUsageReader } from '../host/procfs/process-usage.ts';
import type { ScrapeObserver } from '../model/scrapers.ts';
import type { AccessControl } from '../web/auth/access-control.ts';
import { createApp } from '../web/routes/app.ts';
import { startListeners } from '../web/server/listeners.ts';
import { Agent } from './agent.ts';
import { CloudWatch } from './cloud-watch.ts';
import type { ProcessContext } from './context.ts';
import { checkHeap } from './heap-check.ts';
import { Housekeeping } from './housekeeping.ts';
import type { KubeProxyWatch } from './kube-proxy-watch.ts';
import { NetnsWatch } from './netns-watch.ts';
import { reloadFiles } from './reload.ts';
import { everyInterval } from './sampler.ts';

/** Counters change by the packet, but people want them by the second. */
const READ_MS = 1000;
const FIRST_MS = 1000;
const HOUSEKEEPING_MS = 30_000;

type Running = {
  readonly addresses: readonly string[];
  /** Reads the files again that the agent reads while it runs, and logs the outcome. */
  reload(): void;
  stop(): Promise<void>;
};

/** Starts the agent; resolves once it listens. @throws OperatorError where it cannot. */
export async function serve(config: Config, context: ProcessContext): Promise<Running> {
  const { log, clock } = context;
  const { sampleMs, peakWindowMs, nodeName } = config;
  const proc = new ProcFs(config.procRoot);
  expectProcfs(proc);
  const counters = countersOf(config, proc, (text, error) => log.warn({ error }, text));
  const reader = new NodeReader({ proc, clock, timeouts: config.timeouts, ...counters });
  const thresholds = thresholdsOf(config);
  const judge = new TableJudge({
    peakWindowMs,
    thresholds,
    dropHasInsertFailures: readDropHasInsertFailures(proc),
  });
  const history = new History();
  const notifier = await createNotifier(config, context);
  const flows = await createFlowServices(config, proc, context);
  const scrapers = new Scrapers({ isUntracked: config.untracked });
  const namespaces = config.collectNetns ? new NetnsWatch(proc, config.flowsTop, log) : undefined;
  const kubeProxy = await createKubeProxyWatch(config, proc, judge, context);
  const cloud = createCloudWatch(proc, judge, context);
  const parts = {
    reader,
    judge,
    history,
    notifier,
    flowSample: flows?.sample.runner,
    newFlows: flows?.newFlows,
    namespaces,
    kubeProxy,
    scrapers,
    ...context,
  };
  const own = { every: everyInterval, processUsage: processUsageReader(), checkHeap, readMs: READ_MS };
  const agent = new Agent({ ...parts, ...own, nodeName, sampleMs, peakWindowMs, thresholds });
  const housekeeping = new Housekeeping({ agent, proc, nodeIp: config.nodeIp, log });
  housekeeping.checkNetwork();
  agent.start();
  try {
    const accessControl = await accessControlOf(config, context);
    const app = createApp(agent, { ...config, pageFolder: context.pageFolder }, log);
    const observer = observerOf(scrapers, clock);
    const listeners = await startListeners({ ...listenerOptions(config), accessControl, observer }, app, log);
    await flows?.sample.start();
    await flows?.newFlows.start();
    namespaces?.start();
    kubeProxy?.start();
    cloud?.start();
    const first = setTimeout(() => housekeeping.check(), FIRST_MS); // What it loads must not delay the first scrape.
    const timer = setInterval(() => housekeeping.check(), HOUSEKEEPING_MS);
    return {
      addresses: listeners.addresses,
      reload: () =>
        reloadFiles(
          [accessControl, notifier].filter((part) => part !== undefined),
          log,
        ),
      async stop() {
        clearTimeout(first);
        clearInterval(timer);
        flows?.sample.stop();
        flows?.newFlows.stop();
        accessControl?.stop();
        namespaces?.stop();
        kubeProxy?.stop();
        cloud?.stop();
        await listeners.stop();
        await agent.stop();
      },
    };
  } catch (error) {
    await agent.stop();
    throw error;
  }
}

/** Undefined when flows are not looked at, and then nothing of it is loaded. @throws OperatorError. */
async function createFlowServices(config: Config, proc: ProcFs, context: ProcessContext) {
  if (!config.collectFlows) return undefined;
  const [{ FlowSampleService }, { newFlowService }] = await Promise.all([
    import('./flow-sample-runner.ts'),
    import('./new-flow-service.ts'),
  ]);
  return { sample: new FlowSampleService(config, proc, context), newFlows: newFlowService(config, proc, context) };
}

/** Undefined when kube-proxy is not asked, or another node's would be: the procfs is a copy. */
async function createKubeProxyWatch(
  { collectKubeProxy, kubeProxyAddress, given }: Config,
  proc: ProcFs,
  judge: TableJudge,
  { log, clock }: ProcessContext,
): Promise<KubeProxyWatch | undefined> {
  if (!collectKubeProxy || !proc.isKernel()) return undefined;
  const [{ KubeProxyWatch }, { askKubeProxyAt, kubeProxyAddresses }] = await Promise.all([
    import('./kube-proxy-watch.ts'),
    import('../host/kube-proxy.ts'),
  ]);
  const addresses = kubeProxyAddresses(kubeProxyAddress, given.has('kubeProxyAddress'));
  return new KubeProxyWatch({
    log,
    clock,
    ask: () => askKubeProxyAt(addresses),
    hasHeadroom: () => judge.hasHeadroom,
    cpus: () => readCpuCount(proc),
    limitIsReadOnly: () => readOnlySettings(proc)?.limit === true,
  });
}

/** Undefined where the procfs is a copy: the network drivers are this machine's. */
function createCloudWatch(proc: ProcFs, judge: TableJudge, { log, clock }: ProcessContext): CloudWatch | undefined {
  if (!proc.isKernel()) return undefined;
  return new CloudWatch({
    log,
    clock,
    openEthtool: async () => (await import('../host/cloud/ethtool-socket.ts')).openEthtool(),
    onReading: (readings, atMs) => judge.addCloud(readings, atMs),
  });
}

function observerOf(scrapers: Scrapers, clock: () => number): ScrapeObserver {
  return {
    scraped: (scrape) => scrapers.add(scrape, clock()),
    closed: (connection) => scrapers.closed(connection),
  };
}

function listenerOptions({ listenAddresses, socketPath, keepAliveMs, nodeName, allowedHosts, given }: Config) {
  const socket = { socketPath: socketPath ?? '', socketIsDefault: !given.has('socketPath') };
  return { tcp: listenAddresses, ...socket, keepAliveMs, names: { nodeName, allowed: allowedHosts } };
}

/** Undefined when TCP is open to all, and then nothing of it is loaded. */
async function accessControlOf(
  { webConfigFile: path }: Config,
  { log, clock, wallClock }: ProcessContext,
): Promise<AccessControl | undefined> {
  if (path === undefined) return undefined;
  const { openAccessControl } = await import('../web/auth/access-control.ts');
  return openAccessControl({ path, clock, wallClock }, log);
}

/** The notifier; undefined without an Alertmanager, and then its code is not loaded. @throws OperatorError. */
async function createNotifier(config: Config, context: ProcessContext): Promise<Notifier | undefined> {
  const { alertmanagerUrls: urls, alertLabels, keepAlive, nodeName: node } = config;
  if (urls.length === 0) return undefined;
  const { Notifier } = await import('../alertmanager/notifier.ts');
  const { caFile, bearerTokenFile, basicAuthUsername: username, passwordFile } = config;
  const { alertHeaders: headers, alertHeaderFiles: headerFiles, clientCertFile, clientKeyFile } = config;
  const clientCertificate = { certFile: clientCertFile, keyFile: clientKeyFile };
  const basicAuth = username === undefined || passwordFile === undefined ? undefined : { username, passwordFile };
  return new Notifier({
    ...context,
    urls,
    node,
    labels: Object.fromEntries(alertLabels.map(({ name, value }) => [name, value])),
    secrets: { caFile, bearerTokenFile, basicAuth, headers, headerFiles, ...clientCertificate },
    keepAlive,
    // getaddrinfo, for it alone knows /etc/hosts, nsswitch.conf and the search domains by which a Service is named in a Pod. It cannot
    // be cancelled, but libuv gives lookups no more than half of its threads (threadpool.c, slow_work_thread_threshold).
    lookup: (name) => lookup(name, { all: true }),
    random: Math.random,
  });
}
