/** Who asks for the metrics, over which connections, and whether that works while the table is full. */

/** Over a connection that had brought an answer before, over a new one, or over the unix socket, which is never tracked. */
export const CONNECTION_KINDS = ['kept', 'new', 'socket'] as const;

export type ConnectionKind = (typeof CONNECTION_KINDS)[number];

/** Who scrapes. Clients that agree in all three cannot be told apart. */
export type ScraperName = {
  /** IPv4 or IPv6 address; empty on the unix socket. */
  readonly address: string;
  /** As the client sends it, or the beginning of it; empty where it sends none. */
  readonly userAgent: string;
  /** As in the log: `127.0.0.1:10098`, `unix:/run/conntrack-agent/agent.sock`. */
  readonly listener: string;
};

/** Why a connection must end with its answer, whatever the agent does. */
export type NotKept = 'http_1_0' | 'close_header';

/** One answer to a request for the metrics, delivered whole. */
export type Scrape = {
  readonly scraper: ScraperName;
  readonly kind: ConnectionKind;
  /** Unlike that of any other connection since the start. */
  readonly connectionId: number;
  /** From the request to the end of the answer. */
  readonly durationMs: number;
  /** Undefined where the client lets the connection stay open. */
  readonly notKept: NotKept | undefined;
};

/** The agent closes a connection that was idle for --web.keep-alive, and one when there are too many. */
export type ClosedBy = 'client' | 'keep_alive' | 'agent';

export type ClosedConnection = {
  readonly connectionId: number;
  readonly closedBy: ClosedBy;
  /** Since the last answer. */
  readonly idleMs: number;
};

/** What listeners report. */
export type ScrapeObserver = {
  scraped(scrape: Scrape): void;
  /** Only connections that have brought a scrape. */
  closed(connection: ClosedConnection): void;
};

/**
 * What becomes of a scraper while the table is full: it goes on, it stops, or some of its scrapes fail (several clients of one
 * name). Unknown while it has scraped too seldom.
 */
export type WhileFull = 'goes_on' | 'partly_stops' | 'stops' | 'unknown';

/** Whether scrapes fail, all or some. */
export function isStopping(whileFull: WhileFull): boolean {
  return whileFull === 'stops' || whileFull === 'partly_stops';
}

export type ScraperReport = ScraperName & {
  /** Of the last hour; `kept` and `new` are 0 on the unix socket. */
  readonly scrapes: number;
  readonly kept: number;
  readonly new: number;
  /** Usual time between two scrapes; undefined before the second. */
  readonly intervalSeconds: number | undefined;
  readonly slowestSeconds: number;
  readonly lastAgoSeconds: number;
  /** A tool of a person, such as curl: no alarm is about it. */
  readonly isTool: boolean;
  readonly whileFull: WhileFull;
  /** It has stopped: the table is full, and it has not come for longer than usual. */
  readonly isOverdue?: boolean | undefined;
  /** How its connections end, completing "it"; undefined where it goes on. */
  readonly reason: string | undefined;
  /** What to change, most helpful first; empty where it goes on. */
  readonly remedy: readonly string[];
};

/** What alarms are judged by. */
export type ScraperInputs = {
  /** Scrapers that reconnect, a few words each. */
  readonly reconnecting: readonly string[];
  /** Scrapers that have stopped while the table is full, a few words each. */
  readonly overdue: readonly string[];
  /** How long nobody has scraped; 0 before the first scraper. */
  readonly unscrapedMs: number;
};

/** The connection to one Alertmanager. */
export type AlertmanagerReport = {
  readonly url: string;
  readonly isConnected: boolean;
  /** Since it was opened; undefined without one. */
  readonly ageSeconds: number | undefined;
  /** Where it leads, with the port. */
  readonly address: string | undefined;
  /** The last post, empty lists that keep the connection open included; undefined before the first. */
  readonly lastPost?: { readonly isDelivered: boolean; readonly agoSeconds: number } | undefined;
  /** How long alerts have not been delivered; undefined while they are. */
  readonly failingSeconds?: number | undefined;
  /** Why alerts are not delivered, else why one may not leave while the table is full; and what to do about it. */
  readonly problem: { readonly message: string; readonly remedy: string } | undefined;
};
