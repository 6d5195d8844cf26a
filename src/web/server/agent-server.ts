import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket, Server as TlsServer } from 'node:tls';
import type { Log } from '../../model/log.ts';
import type { ScrapeObserver } from '../../model/scrapers.ts';
import type { OriginOf } from './client-group.ts';
import { ConnectionGuard, type ConnectionLimits } from './connection-guard.ts';
import type { AnswerTurns } from './fair-queue.ts';
import { type AgentNames, hasTwoHosts, isForeignBrowserRequest } from './host-check.ts';
import { carriesBody, refuseBody, refuseForeignBrowserRequest, refuseTwoHosts } from './responses.ts';

/** The routes, and the classes that the server must make its requests and responses of. */
export type App = {
  readonly handle: RequestListener;
  readonly messageClasses: Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>;
  /** Whether this is a request for the metrics. */
  isScrape(req: IncomingMessage): boolean;
  /** Ends the streams, which would never end by themselves. */
  stop(): void;
};

/** TLS for servers: the context they start with, later ones for new connections, and which clients are admitted. */
export type Tls = {
  /** Of node:https, which is loaded only where TLS is wanted: it takes a megabyte of memory. */
  readonly createServer: typeof createHttpsServer;
  readonly context: SecureContextOptions;
  /** A client is asked for a certificate. Fixed when a server is made. */
  readonly asksClients: boolean;
  /** Whether this client may go on, after the handshake. */
  admits(socket: TLSSocket): boolean;
  /** Gives the server each new context from now on. */
  follow(server: TlsServer): void;
};

/** TLS and passwords of a listener. */
export type Protection = {
  /** Undefined for plain HTTP. */
  readonly tls: Tls | undefined;
  /** The same routes, with the configured headers and a check of passwords. */
  protect(routes: RequestListener): RequestListener;
};

/** Limits of what one client may use before it is dropped. Times in milliseconds. */
export type ServerLimits = {
  /** Idle time between two requests. Longer than any scrape interval: a full table lets no new connection in. */
  readonly keepAliveMs: number;
  /** From a request's first byte, or from connecting, to the end of its headers; 408 after that. */
  readonly headersMs: number;
  /** The same to the end of the request. */
  readonly requestMs: number;
  /** Without a byte moving while a request is under way: a client that does not read is dropped after this. */
  readonly stalledMs: number;
  /** How often `headersMs` and `requestMs` are checked. Node does this with a timer per server, so not often. */
  readonly checkEveryMs: number;
  /** Request line and headers together; 431 beyond. Also what a client may send ahead of an answer; it is dropped beyond. */
  readonly headerBytes: number;
};

export const SERVER_LIMITS = {
  headersMs: 10_000,
  requestMs: 15_000,
  stalledMs: 15_000,
  checkEveryMs: 5_000,
  headerBytes: 16 * 1024,
} as const satisfies Omit<ServerLimits, 'keepAliveMs'>;

export type AgentServerOptions = {
  readonly limits: ServerLimits;
  readonly connections: ConnectionLimits;
  /** Shared by all servers of this process, as they share its thread. */
  readonly turns: AnswerTurns;
  readonly originOf: OriginOf;
  /** Undefined for no TLS and no passwords. */
  readonly accessControl?: Protection | undefined;
  /** Undefined lets browsers use any host name. */
  readonly names?: AgentNames | undefined;
  /** Undefined where nobody wants to know who scrapes. */
  readonly observer?: ScrapeObserver | undefined;
};

/** A server that does not listen yet. Bad requests are answered by Node itself (400, 408, 431) and their connection closed. */
export function createAgentServer(
  app: App,
  { limits, connections, turns, originOf, accessControl, names, observer }: AgentServerOptions,
  log: Log,
): { readonly server: Server; readonly guard: ConnectionGuard } {
  const waitingBytes = limits.headerBytes;
  const { isScrape } = app;
  const guard = new ConnectionGuard({ limits: connections, waitingBytes, isScrape, originOf, observer }, log);
  const options = {
    ...app.messageClasses,
    keepAliveTimeout: limits.keepAliveMs,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    maxHeaderSize: limits.headerBytes,
  };
  const server = accessControl?.tls ? createTlsAgentServer(options, accessControl.tls, guard) : createServer(options);
  const handle: RequestListener = accessControl?.protect(app.handle) ?? app.handle;
  server.timeout = limits.stalledMs; // Node puts keepAliveTimeout in its place while a connection is idle.
  server.on('connection', (socket) => {
    guard.admit(socket);
    turns.accepted();
  });
  // After Node's own listener to the same event, which starts to read requests off the socket.
  server.on(accessControl?.tls ? 'secureConnection' : 'connection', (socket: Socket) => guard.feed(socket));
  server.on('request', (req, res) => {
    const connection = guard.begin(req, res);
    if (connection === undefined) return;
    if (carriesBody(req)) {
      connection.feed?.close();
      return refuseBody(res);
    }
    if (hasTwoHosts(req)) return refuseTwoHosts(res);
    if (names && isForeignBrowserRequest(req, names)) return refuseForeignBrowserRequest(res);
    const withdraw = turns.add(connection.queue, () => handle(req, res));
    res.once('close', withdraw);
  });
  return { server, guard };
}

/** The same over TLS. A handshake gets no longer than the headers do. */
function createTlsAgentServer(
  options: ServerOptions & { headersTimeout: number },
  tls: Tls,
  guard: ConnectionGuard,
): Server {
  const server = tls.createServer({
    ...options,
    ...tls.context,
    handshakeTimeout: options.headersTimeout,
    requestCert: tls.asksClients,
    rejectUnauthorized: false, // Which clients are admitted may change while the server runs, so `admits` decides.
  });
  tls.follow(server);
  // Before the listener that reads requests off the connection.
  server.prependListener('secureConnection', (socket) => {
    guard.secured(socket);
    if (!tls.admits(socket)) socket.destroy();
  });
  return server;
}
