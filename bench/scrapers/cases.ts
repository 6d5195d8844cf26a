/** Who scrapes how, each over a port of its own, by which the agent's report tells them apart. */
import { ADDRESS } from '../../test/kernel/lab/namespaces.ts';

export const INTERVAL_SECONDS = 5;

/** How the port is protected. */
export type Protection = 'none' | 'tls' | 'password';

export type Case = {
  readonly client: string;
  readonly protection: Protection;
  readonly runs: 'prometheus' | 'prometheus-3' | 'vmagent' | 'vmagent-without-keep-alive' | 'node-keep-alive' | 'node';
  /** What stands between, by the name of its configuration in proxies.ts. */
  readonly proxy?: string;
  readonly port: number;
  /** INTERVAL_SECONDS, unless given. */
  readonly intervalSeconds?: number;
};

const CASES: readonly Omit<Case, 'port'>[] = [
  { client: 'Prometheus 2.42', protection: 'none', runs: 'prometheus' },
  { client: 'Prometheus 2.42', protection: 'tls', runs: 'prometheus' },
  { client: 'Prometheus 2.42', protection: 'password', runs: 'prometheus' },
  { client: 'Prometheus 3.5.3', protection: 'none', runs: 'prometheus-3' },
  { client: 'Prometheus 3.5.3', protection: 'tls', runs: 'prometheus-3' },
  { client: 'Prometheus 3.5.3', protection: 'password', runs: 'prometheus-3' },
  { client: 'vmagent 1.145', protection: 'none', runs: 'vmagent' },
  { client: 'vmagent 1.145', protection: 'tls', runs: 'vmagent' },
  { client: 'vmagent 1.145', protection: 'password', runs: 'vmagent' },
  { client: 'vmagent 1.145, -promscrape.disableKeepAlive', protection: 'none', runs: 'vmagent-without-keep-alive' },
  { client: 'node:http with keep-alive', protection: 'none', runs: 'node-keep-alive' },
  { client: 'node:http without keep-alive', protection: 'none', runs: 'node' },
  ...['haproxy', 'haproxy-short', 'haproxy-never', 'nginx', 'nginx-keepalive', 'nginx-short'].map((proxy) => ({
    client: 'Prometheus 3.5.3',
    protection: 'none' as const,
    runs: 'prometheus-3' as const,
    proxy,
  })),
  // Beyond the 5 s after which HAProxy begins to close connections of its pool, and beyond every short timeout above.
  ...['haproxy', 'nginx-keepalive'].map((proxy) => ({
    client: 'Prometheus 3.5.3',
    protection: 'none' as const,
    runs: 'prometheus-3' as const,
    proxy,
    intervalSeconds: 15,
  })),
];

export const ALL: readonly Case[] = CASES.map((one, i) => ({ ...one, port: 10_100 + i }));

export const proxied = ALL.filter(({ proxy }) => proxy !== undefined);

export function intervalOf({ intervalSeconds = INTERVAL_SECONDS }: Case): number {
  return intervalSeconds;
}

export function listenerOf({ port }: Case): string {
  return `${ADDRESS.node}:${port}`;
}

/** Where the client finds it: in the peer a proxy listens on the port that the agent has in the node. */
export function targetOf(one: Case): string {
  return one.proxy === undefined ? listenerOf(one) : `127.0.0.1:${one.port}`;
}

/** Files that clients and agents need for TLS and passwords. */
export type Secrets = { readonly folder: string; readonly password: string };

/** Scrape configuration of Prometheus and vmagent for all cases that run in one program. */
export function scrapeConfigs(runs: Case['runs'], { folder, password }: Secrets): unknown[] {
  return ALL.filter((one) => one.runs === runs).map((one) => ({
    job_name: String(one.port),
    scrape_interval: `${intervalOf(one)}s`,
    scrape_timeout: '4s',
    static_configs: [{ targets: [targetOf(one)] }],
    ...(one.protection === 'tls' && {
      scheme: 'https',
      tls_config: { ca_file: `${folder}/ca.pem`, cert_file: `${folder}/cert.pem`, key_file: `${folder}/key.pem` },
    }),
    ...(one.protection === 'password' && { basic_auth: { username: 'prometheus', password } }),
  }));
}
