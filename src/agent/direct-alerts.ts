import { lookup } from 'node:dns/promises';
import type { TopAddresses } from '../alertmanager/annotations.ts';
import type { Notifier } from '../alertmanager/notifier.ts';
import type { TableFacts } from '../analysis/table/table-judge.ts';
import type { Config } from '../config/options.ts';
import type { Publication } from '../metrics/family.ts';
import type { Status } from '../model/status.ts';
import type { StatusJson } from '../model/status-json.ts';
import type { ProcessContext } from './context.ts';
import type { Reloadable, Subsystem } from './subsystem.ts';

type DirectAlertsParts = {
  readonly notifier: Notifier;
  /** Who fills the table, for the text of an alert; undefined without a flow sample. */
  readonly topAddresses: () => TopAddresses | undefined;
};

/** The alarms of the agent as alerts that it posts to Alertmanager itself. */
export class DirectAlerts implements Subsystem, Reloadable {
  readonly #notifier: Notifier;
  readonly #topAddresses: () => TopAddresses | undefined;

  constructor({ notifier, topAddresses }: DirectAlertsParts) {
    this.#notifier = notifier;
    this.#topAddresses = topAddresses;
  }

  start(): void {
    this.#notifier.start();
  }

  stop(): Promise<void> {
    return this.#notifier.stop();
  }

  reload(): void {
    this.#notifier.reload();
  }

  facts(): Partial<TableFacts> {
    return { failingAlertmanagers: this.#notifier.failing() };
  }

  judged(status: Status): void {
    this.#notifier.observe(status, this.#topAddresses());
  }

  publication(): Partial<Publication> {
    return { notifications: this.#notifier.counts, alertmanagers: this.#notifier.reports() };
  }

  statusJson(): Partial<StatusJson> {
    return { alertmanagers: this.#notifier.reports() };
  }
}

/** Undefined without an Alertmanager, and then its code is not loaded. @throws OperatorError where a secret cannot be read. */
export async function createDirectAlerts(
  config: Config,
  topAddresses: () => TopAddresses | undefined,
  context: ProcessContext,
): Promise<DirectAlerts | undefined> {
  const { alertmanagerUrls: urls, alertLabels, keepAlive, nodeName: node } = config;
  if (urls.length === 0) return undefined;
  const { Notifier } = await import('../alertmanager/notifier.ts');
  const { caFile, bearerTokenFile, basicAuthUsername: username, passwordFile } = config;
  const { alertHeaders: headers, alertHeaderFiles: headerFiles, clientCertFile, clientKeyFile } = config;
  const clientCertificate = { certFile: clientCertFile, keyFile: clientKeyFile };
  const basicAuth = username === undefined || passwordFile === undefined ? undefined : { username, passwordFile };
  const notifier = new Notifier({
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
  return new DirectAlerts({ notifier, topAddresses });
}
