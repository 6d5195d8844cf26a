import {
  type ClosedConnection,
  CONNECTION_KINDS,
  type ConnectionKind,
  isStopping,
  type NotKept,
  type Scrape,
  type ScraperInputs,
  type ScraperName,
  type ScraperReport,
  type WhileFull,
} from '../../model/scrapers.ts';
import { count, roughly, span } from '../../model/text/numbers.ts';
import { visibleLine } from '../../model/text/visible-text.ts';
import { type ConnectionEnd, type HourTotals, Scraper } from './scraper.ts';

/** Whatever clients call themselves, memory is that of so many. */
const SCRAPERS_MAX = 16;
/** Who came in so many minutes of the hour, and is no tool of a person, is a scraper: alarms look at it. */
const SCRAPER_MINUTES = 10;
/** So many new connections within the hour are more than restarts. */
const RECONNECTIONS = 10;
const HOUR_MS = 3_600_000;
/** A full table swings about its limit, and a flush empties it for a moment. */
const FULL_GAP_MS = 10_000;

/** What a person asks with, however often. */
const TOOLS = /^(curl|wget|httpie|xh|mozilla|lynx|w3m|links|postmanruntime|insomnia)\b/i;

/** Worst first, as they are shown. */
const ORDER: readonly WhileFull[] = ['stops', 'partly_stops', 'unknown', 'goes_on'];

export type ScrapersOptions = {
  /** Whether the agent's port is exempt from connection tracking: then new connections get in while the table is full. */
  readonly isUntracked: boolean;
};

/** Everybody who scraped the agent in the last hour. */
export class Scrapers {
  readonly #isUntracked: boolean;
  readonly #scrapers = new Map<string, Scraper>();
  readonly #totals = new Map<ConnectionKind, number>(CONNECTION_KINDS.map((kind) => [kind, 0]));
  #hadScraper = false;
  /** By anybody but a person. */
  #lastScrapeMs = Number.NEGATIVE_INFINITY;
  /** Since when the table has been full, and when it last was. */
  #full: { readonly sinceMs: number; readonly lastMs: number } | undefined;

  constructor({ isUntracked }: ScrapersOptions) {
    this.#isUntracked = isUntracked;
  }

  /** Scrapes since the start, every kind from the start. */
  get totals(): ReadonlyMap<ConnectionKind, number> {
    return this.#totals;
  }

  add(scrape: Scrape, atMs: number): void {
    const { scraper: name, kind } = scrape;
    this.#totals.set(kind, this.#totals.get(kind)! + 1);
    const scraper = this.#scraperOf(name, atMs);
    scraper.add(scrape, atMs);
    if (TOOLS.test(name.userAgent)) return;
    this.#lastScrapeMs = atMs;
    this.#hadScraper ||= isScraper(scraper, atMs);
  }

  closed(connection: ClosedConnection): void {
    for (const scraper of this.#scrapers.values()) scraper.closed(connection);
  }

  /** Takes whether the table is full, about once a second. */
  observeTable(isFull: boolean, nowMs: number): void {
    if (this.#full !== undefined && nowMs - this.#full.lastMs > FULL_GAP_MS) this.#full = undefined;
    if (isFull) this.#full = { sinceMs: this.#full?.sinceMs ?? nowMs, lastMs: nowMs };
  }

  /** Those that would fail first. */
  reportsAt(nowMs: number): readonly ScraperReport[] {
    const recent = [...this.#scrapers.values()].filter(({ lastMs }) => nowMs - lastMs < HOUR_MS);
    return recent
      .map((scraper) => this.#reportOf(scraper, nowMs))
      .sort((a, b) => ORDER.indexOf(a.whileFull) - ORDER.indexOf(b.whileFull) || b.scrapes - a.scrapes);
  }

  inputsAt(nowMs: number): ScraperInputs {
    const scrapers = [...this.#scrapers.values()].filter((scraper) => isScraper(scraper, nowMs));
    const overdue = scrapers.filter((scraper) => this.#isOverdue(scraper, nowMs));
    const reconnecting = scrapers.filter(
      (scraper) => !overdue.includes(scraper) && this.#isReconnecting(scraper, nowMs),
    );
    return {
      reconnecting: reconnecting.map((scraper) => textOf(scraper, scraper.hourAt(nowMs))),
      overdue: overdue.map((scraper) => `${whoOf(scraper)} ${overdueText(scraper, nowMs)}`),
      unscrapedMs: this.#hadScraper ? nowMs - this.#lastScrapeMs : 0,
    };
  }

  /** In most scrapes of the hour, or time and again; and lately too, so that it ends when that is mended. */
  #isReconnecting(scraper: Scraper, nowMs: number): boolean {
    const hour = scraper.hourAt(nowMs);
    return isStopping(this.#whileFullAt(scraper, nowMs)) && (hour.new > hour.kept || hour.new >= RECONNECTIONS);
  }

  #isOverdue(scraper: Scraper, nowMs: number): boolean {
    if (this.#full === undefined || TOOLS.test(scraper.name.userAgent)) return false;
    return scraper.isOverdueAt(nowMs, this.#full.sinceMs) && !this.#hasMoved(scraper);
  }

  /** Another of its kind has come since: a pod that was moved has another address. */
  #hasMoved({ name, lastMs }: Scraper): boolean {
    return [...this.#scrapers.values()].some(
      ({ name: other, firstMs = 0 }) =>
        other.userAgent === name.userAgent && other.userAgent !== '' && firstMs > lastMs,
    );
  }

  /** What is seen goes before what is predicted. */
  #whileFullAt(scraper: Scraper, nowMs: number): WhileFull {
    if (this.#isOverdue(scraper, nowMs)) return 'stops';
    return this.#isUntracked ? 'goes_on' : scraper.whileFullAt(nowMs);
  }

  #reportOf(scraper: Scraper, nowMs: number): ScraperReport {
    const { name, intervalMs, lastMs, end, notKept } = scraper;
    const hour = scraper.hourAt(nowMs);
    const whileFull = this.#whileFullAt(scraper, nowMs);
    const fails = isStopping(whileFull);
    const isOverdue = this.#isOverdue(scraper, nowMs);
    const reconnects: Reconnects = { userAgent: name.userAgent, end, notKept, intervalMs };
    return {
      ...name,
      scrapes: hour.kept + hour.new + hour.socket,
      kept: hour.kept,
      new: hour.new,
      intervalSeconds: intervalMs === undefined ? undefined : intervalMs / 1000,
      slowestSeconds: hour.slowestMs / 1000,
      lastAgoSeconds: (nowMs - lastMs) / 1000,
      isTool: TOOLS.test(name.userAgent),
      whileFull,
      isOverdue,
      reason: isOverdue ? overdueText(scraper, nowMs) : fails ? reasonOf(reconnects) : undefined,
      remedy: isOverdue ? overdueRemedy(this.#isUntracked) : fails ? remedyFor(reconnects) : [],
    };
  }

  #scraperOf(name: ScraperName, nowMs: number): Scraper {
    const key = JSON.stringify([name.address, name.userAgent, name.listener]);
    const known = this.#scrapers.get(key);
    if (known !== undefined) return known;
    if (this.#scrapers.size >= SCRAPERS_MAX) this.#scrapers.delete(this.#leastMissed(nowMs));
    const scraper = new Scraper(name);
    this.#scrapers.set(key, scraper);
    return scraper;
  }

  /** The one that came longest ago; scrapers last, so that names made up by a stranger do not displace them. */
  #leastMissed(nowMs: number): string {
    const keys = [...this.#scrapers.entries()].map(([key, scraper]) => ({
      key,
      isScraper: isScraper(scraper, nowMs),
      lastMs: scraper.lastMs,
    }));
    keys.sort((a, b) => Number(a.isScraper) - Number(b.isScraper) || a.lastMs - b.lastMs);
    return keys[0]!.key;
  }
}

function isScraper(scraper: Scraper, nowMs: number): boolean {
  return !TOOLS.test(scraper.name.userAgent) && scraper.hourAt(nowMs).minutes >= SCRAPER_MINUTES;
}

/** "Telegraf/1.29.1 at 10.0.0.5 came over a new connection in 58 of 58 scrapes". */
function textOf(scraper: Scraper, hour: HourTotals): string {
  const scrapes = hour.kept + hour.new;
  return `${whoOf(scraper)} came over a new connection in ${count(hour.new)} of ${count(scrapes)} scrapes`;
}

function whoOf({ name }: Scraper): string {
  return name.userAgent === '' ? name.address : `${visibleLine(name.userAgent)} at ${name.address}`;
}

/** Completes its name. */
function overdueText({ lastMs, intervalMs = 0 }: Scraper, nowMs: number): string {
  return `has not come for ${span((nowMs - lastMs) / 1000)} while the table is full, usually every ${roughly(intervalMs / 1000)}`;
}

/** Why a scraper reconnects, and what to change, by how its connections end and by what it calls itself. */

type Reconnects = {
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
function overdueRemedy(isUntracked: boolean): readonly string[] {
  return [MAKE_ROOM, ...(isUntracked ? [CHECK_EXEMPTION] : [UNIX_SOCKET, UNTRACKED])];
}

/** How its connections end, as what completes "it". */
function reasonOf({ end, notKept, userAgent }: Reconnects): string {
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
function remedyFor(reconnects: Reconnects): readonly string[] {
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
