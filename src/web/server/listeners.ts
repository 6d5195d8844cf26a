import type { AddressInfo } from 'node:net';
import type { Log } from '../../model/log.ts';
import { describeError } from '../../model/operator-error.ts';
import type { ScrapeObserver } from '../../model/scrapers.ts';
import { hostPort } from '../../model/text/address.ts';
import { type App, createAgentServer, type Protection, SERVER_LIMITS, type ServerLimits } from './agent-server.ts';
import { type OriginOf, originOf as originOfAddress } from './client-group.ts';
import type { ConnectionLimits } from './connection-guard.ts';
import { AnswerTurns } from './fair-queue.ts';
import type { AgentNames } from './host-check.ts';
import {
  isPermissionProblem,
  listening,
  logProblems,
  socketProblem,
  stopServer,
  tcpProblem,
} from './server-lifecycle.ts';
import { SocketListener } from './socket-listener.ts';

export const TCP_CONNECTIONS: ConnectionLimits = {
  connections: 128,
  reserved: 16,
  scrapers: 32,
  scrapersPerOrigin: 8,
};
const SOCKET_CONNECTIONS: ConnectionLimits = {
  connections: 32,
  reserved: 0,
  scrapers: 8,
  scrapersPerOrigin: 8,
};

type TcpAddress = {
  /** Empty for all addresses, IPv6 and IPv4. */
  readonly host: string;
  /** 0 has the kernel pick one. */
  readonly port: number;
};

export type ListenerOptions = {
  readonly tcp: readonly TcpAddress[];
  /** Empty for no unix socket. */
  readonly socketPath: string;
  /** The path is the default, so the agent runs without the socket where it has no permission. */
  readonly socketIsDefault: boolean;
  readonly keepAliveMs: number;
  /** For TCP; the unix socket is protected by the mode of its file. Undefined for no TLS and no passwords. */
  readonly accessControl?: Protection | undefined;
  /** Host names that browsers may use, over the socket too, since ssh may forward it to a port. Undefined for any. */
  readonly names?: AgentNames | undefined;
  readonly limits?: Partial<ServerLimits>;
  /** What counts as one client. */
  readonly originOf?: OriginOf;
  /** Is told who scrapes, over which connections. */
  readonly observer?: ScrapeObserver | undefined;
  readonly stopMs?: number;
  readonly socketCheckMs?: number;
};

export type Listeners = {
  /** As bound: `127.0.0.1:10098`, `[::]:10098`, `unix:/run/conntrack-agent/agent.sock`. */
  readonly addresses: readonly string[];
  stop(): Promise<void>;
};

type Listener = { readonly address: string; stop(): Promise<void> };

/**
 * Opens all listeners or none.
 * @throws OperatorError for the first that cannot be opened
 */
export async function startListeners(options: ListenerOptions, app: App, log: Log): Promise<Listeners> {
  const opened: Listener[] = [];
  const make = serverMaker(options, app, log);
  let stopping: Promise<unknown> | undefined;
  const stop = async () => {
    app.stop();
    stopping ??= Promise.all(opened.map((listener) => listener.stop()));
    await stopping;
  };
  try {
    for (const address of options.tcp) opened.push(await openTcp(address, options, make, log));
    if (options.socketPath !== '') {
      const listener = await openSocketOrWarn(options, make, log);
      if (listener) opened.push(listener);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const addresses = opened.map(({ address }) => address);
  for (const address of addresses) log.info({ address }, `Listening on "${address}"`);
  return { addresses, stop };
}

async function openTcp(address: TcpAddress, options: ListenerOptions, make: ServerMaker, log: Log): Promise<Listener> {
  const { server, guard } = make(TCP_CONNECTIONS, options);
  const { host, port } = address;
  try {
    await listening(server, host === '' ? { port } : { host, port });
  } catch (error) {
    throw tcpProblem(address, error);
  }
  const { address: boundAddress, port: boundPort } = server.address() as AddressInfo;
  const bound = hostPort(boundAddress, boundPort);
  guard.listener = bound;
  logProblems(server, bound, log);
  return { address: bound, stop: () => stopServer(server, guard, options.stopMs) };
}

async function openSocketOrWarn(options: ListenerOptions, make: ServerMaker, log: Log): Promise<Listener | undefined> {
  try {
    return await openSocket(options, make, log);
  } catch (error) {
    const problem = socketProblem(options.socketPath, error);
    if (!options.socketIsDefault || !isPermissionProblem(error)) throw problem;
    const { message, remedy } = describeError(problem);
    log.warn({ remedy }, `${message}; going on without it, so healthcheck will not find this agent`);
    return undefined;
  }
}

async function openSocket(options: ListenerOptions, make: ServerMaker, log: Log): Promise<Listener> {
  const { socketPath: path, stopMs, socketCheckMs: checkMs } = options;
  const create = () => make(SOCKET_CONNECTIONS, { names: options.names });
  const listener = new SocketListener({ path, create, log, stopMs, checkMs });
  await listener.start();
  return listener;
}

type ServerMaker = (
  connections: ConnectionLimits,
  access?: Pick<ListenerOptions, 'accessControl' | 'names'>,
) => ReturnType<typeof createAgentServer>;

/** All servers share the turns of answers, so that a flood at one does not delay the clients of another. */
function serverMaker(options: ListenerOptions, app: App, log: Log): ServerMaker {
  const { keepAliveMs, limits: given, originOf = originOfAddress, observer } = options;
  const limits: ServerLimits = { ...SERVER_LIMITS, keepAliveMs, ...given };
  const turns = new AnswerTurns();
  const shared = { limits, turns, originOf, observer };
  return (connections, { accessControl, names } = {}) =>
    createAgentServer(app, { ...shared, connections, accessControl, names }, log);
}
