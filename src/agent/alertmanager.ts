import { lookup } from 'node:dns/promises';
import type { Notifier } from '../alertmanager/notifier.ts';
import type { Config } from '../config/options.ts';
import type { ProcessContext } from './process-context.ts';

/** The notifier; undefined without an Alertmanager, and then its code is not loaded. @throws OperatorError. */
export async function createNotifier(config: Config, context: ProcessContext): Promise<Notifier | undefined> {
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
