/** Why a scraper reconnects, and what to change, by how its connections end and by what it calls itself. */

import type { ClosedBy, NotKept } from '../../model/scrapers.ts';
import { roughly } from '../../model/text/numbers.ts';

export type ConnectionEnd = { readonly closedBy: ClosedBy; readonly idleMs: number };

export type Reconnects = {
  readonly userAgent: string;
  /** Of the last connection; undefined where it is still open. */
  readonly end: ConnectionEnd | undefined;
  readonly notKept: NotKept | undefined;
  readonly intervalMs: number | undefined;
};

/** A client that closes its connection this soon after an answer never meant to keep it. */
const AT_ONCE_MS = 1000;

/** Scrapers built on Go's HTTP client with Prometheus' configuration close a connection that was idle for so long. */
const IDLE_OF_PROMETHEUS_MS = 300_000;

/** They keep connections unless told otherwise: where they do not, something in between closes them. */
const KEEPERS = /^(Prometheus|Alloy|GrafanaAgent|otelcol|vm_promscrape|vmagent)\b/i;

/** By the beginning of the User-Agent. */
const OWN_REMEDIES: readonly (readonly [userAgent: RegExp, remedy: string])[] = [
  [/^Datadog/i, 'Set persist_connections: true in the instance of the Datadog check'],
  [
    /^Telegraf/i,
    'Telegraf keeps no connection: have it scrape the unix socket, urls = ["unix:///run/conntrack-agent/agent.sock"]',
  ],
  [/^Fluent/i, 'Fluent Bit keeps no connection, and cannot scrape a unix socket'],
];

const DISABLED_KEEP_ALIVE = 'Remove -promscrape.disableKeepAlive and disable_keepalive from vmagent';
const PROXY_HTTP_1_0 =
  'Have the proxy in between speak HTTP/1.1 to the agent and keep its connections; nginx: proxy_http_version 1.1, proxy_set_header Connection "", and keepalive in the upstream';
const PROXY_IDLE =
  'Have whatever is in between keep idle connections for longer than the scrape interval (HAProxy: pool-purge-delay; a load balancer: its idle timeout), or scrape past it';
const IDLE_CONN_TIMEOUT =
  'Let its HTTP client keep idle connections for longer than the scrape interval (idle_conn_timeout)';
const SCRAPE_MORE_OFTEN = 'Scrape more often than every 5 minutes: it closes connections that are idle for that long';
const LONGER_KEEP_ALIVE = 'Set --web.keep-alive to more than the scrape interval';
const TOO_MANY = 'Find out who opens the other connections: there are more than the agent holds';
const KEEP_ALIVE_IN_CLIENT = 'Have it reuse its connection (HTTP keep-alive)';
const UNIX_SOCKET =
  'Have it scrape the unix socket of the agent, which is never tracked, if it runs on the node and can';
const UNTRACKED =
  'Exempt the port of the agent from connection tracking, with the component untracked, and tell the agent with --web.untracked';

const MAKE_ROOM =
  'Make room: raise the limit, or delete entries selectively (conntrack -D with a filter). Do not flush a full table (conntrack -F): that deletes the entries of kept connections too';
const CHECK_EXEMPTION =
  'Check that the port of the agent is exempt from connection tracking (nft list ruleset), as --web.untracked says';

/** What to do about a scraper that has stopped because the table is full. */
export function overdueRemedy(isUntracked: boolean): readonly string[] {
  return [MAKE_ROOM, ...(isUntracked ? [CHECK_EXEMPTION] : [UNIX_SOCKET, UNTRACKED])];
}

/** How its connections end, as what completes "it". */
export function reasonOf({ end, notKept, userAgent }: Reconnects): string {
  if (notKept === 'http_1_0') {
    return KEEPERS.test(userAgent)
      ? 'asks through a proxy that speaks HTTP/1.0'
      : 'asks by HTTP/1.0, without keep-alive';
  }
  if (notKept === 'close_header') return 'asks for each connection to be closed';
  if (end === undefined) return 'opens another connection and leaves the last one open';
  if (end.closedBy === 'keep_alive')
    return 'comes so seldom that the agent closes its connection before (--web.keep-alive)';
  if (end.closedBy === 'agent') return 'loses its connection to others, of which there are too many';
  if (end.idleMs < AT_ONCE_MS) return 'closes its connection after each answer, or something in between does';
  return `loses its connection after ${roughly(end.idleMs / 1000)} without a request, to itself or to something in between`;
}

/** What to change, most helpful first. */
export function remedyFor(reconnects: Reconnects): readonly string[] {
  const { userAgent } = reconnects;
  const own = OWN_REMEDIES.find(([pattern]) => pattern.test(userAgent))?.[1];
  return [
    ...(own === undefined ? [remedyByEnd(reconnects)] : [own]),
    ...(own?.includes('unix:') ? [] : [UNIX_SOCKET]),
    UNTRACKED,
  ];
}

function remedyByEnd({ end, notKept, userAgent, intervalMs = 0 }: Reconnects): string {
  const isKeeper = KEEPERS.test(userAgent);
  if (notKept === 'http_1_0' && isKeeper) return PROXY_HTTP_1_0;
  if (notKept === 'close_header' && /^(vm_promscrape|vmagent)/i.test(userAgent)) return DISABLED_KEEP_ALIVE;
  if (notKept !== undefined) return isKeeper ? PROXY_HTTP_1_0 : KEEP_ALIVE_IN_CLIENT;
  if (end?.closedBy === 'keep_alive') return LONGER_KEEP_ALIVE;
  if (end?.closedBy === 'agent') return TOO_MANY;
  if (isKeeper && intervalMs >= IDLE_OF_PROMETHEUS_MS) return SCRAPE_MORE_OFTEN;
  if (isKeeper) return PROXY_IDLE;
  return end !== undefined && end.idleMs >= AT_ONCE_MS ? IDLE_CONN_TIMEOUT : KEEP_ALIVE_IN_CLIENT;
}
