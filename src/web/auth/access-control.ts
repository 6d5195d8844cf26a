import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:tls';
import type { Log } from '../../model/log.ts';
import { Poller } from '../../system/poller.ts';
import type { Protection, Tls } from '../server/agent-server.ts';
import { originOf } from '../server/client-group.ts';
import { answer, PLAIN_TEXT } from '../server/responses.ts';
import { type Credentials, PasswordCheck, type PasswordResult } from './password-check.ts';
import { isAdmitted } from './tls.ts';
import type { Users, WebConfig } from './web-config.ts';
import { WebConfigFile } from './web-config-file.ts';

/** A few small files are read and compared. A change takes effect after two of these, see `WebConfigFile.reread()`. */
const REREAD_MS = 1_000;

/** TLS and authentication of the TCP listeners. The unix socket is protected by the mode of its file instead. */
export type AccessControl = Protection & {
  /**
   * Reads the files now.
   * @throws OperatorError where they cannot be used; the configuration that was read before stays in force
   */
  reload(): void;
  stop(): void;
};

type AccessControlOptions = {
  readonly path: string;
  readonly clock: () => number;
  readonly wallClock: () => number;
  readonly rereadMs?: number;
};

/**
 * Reads the file and watches it.
 * @throws OperatorError with all that is wrong in it
 */
export function openAccessControl(
  { path, clock, wallClock, rereadMs = REREAD_MS }: AccessControlOptions,
  log: Log,
): AccessControl {
  const file = new WebConfigFile(path, log);
  const check = new PasswordCheck(clock);
  const ongoing = new OngoingAnswers();
  const tlsServers: Server[] = [];
  file.checkCertificate(wallClock());
  const enforce = () => {
    const { context, config } = file.loaded;
    ongoing.revoke(config.users);
    if (context) for (const server of tlsServers) server.setSecureContext(context);
  };
  const poll = () => {
    file.checkCertificate(wallClock());
    if (file.reread()) enforce();
  };
  const poller = new Poller({ run: poll, pauseMs: () => rereadMs, firstMs: rereadMs });
  poller.start();
  return {
    tls: tlsOf(file, tlsServers),
    protect: (routes) => authenticated(routes, () => file.loaded.config, check, ongoing),
    reload: () => void (file.reload() && enforce()),
    stop: () => void poller.stop(),
  };
}

function tlsOf(file: WebConfigFile, tlsServers: Server[]): Tls | undefined {
  const { config, context } = file.loaded;
  if (context === undefined || config.tls === undefined) return undefined;
  return {
    createServer,
    context,
    asksClients: config.tls.clientAuth.asked,
    admits: (socket) => isAdmitted(socket, file.loaded.config.tls!),
    follow: (server) => void tlsServers.push(server),
  };
}

/** A probe has no password, and whether the agent is healthy says nothing about the node's traffic. */
const OPEN_PATH = '/-/healthy';

/** The routes with the configured headers and a check of passwords. `config` is read for each request. */
export function authenticated(
  routes: RequestListener,
  config: () => WebConfig,
  check: PasswordCheck,
  ongoing = new OngoingAnswers(),
): RequestListener {
  return function authenticate(req, res) {
    const { headers, users } = config();
    for (const [name, value] of headers) res.setHeader(name, value);
    if (isOpen(req)) return routes(req, res);
    if (users.size === 0) {
      ongoing.add(res, undefined);
      return routes(req, res);
    }
    const credentials = credentialsOf(req.headers.authorization);
    if (credentials === undefined) return refuse(res, 'wrong');
    const respond = (result: PasswordResult) => {
      if (res.destroyed) return; // The client disconnected while its password was checked.
      if (result !== 'right') return refuse(res, result);
      const admission = { user: credentials.user, hash: users.get(credentials.user)! };
      if (!isAdmittedNow(config().users, admission)) return refuse(res, 'wrong'); // Revoked during the check.
      ongoing.add(res, admission);
      routes(req, res);
    };
    const result = check.ask(users, credentials, originOf(req.socket.remoteAddress));
    if (typeof result === 'string') return respond(result);
    void result.then(respond);
  };
}

function isOpen({ url = '' }: IncomingMessage): boolean {
  return url === OPEN_PATH || url.startsWith(`${OPEN_PATH}?`);
}

/** RFC 7617; undefined for anything else. */
function credentialsOf(header: string | undefined): Credentials | undefined {
  const encoded = /^basic +([a-z0-9+/]+=*)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  return at < 0 ? undefined : { user: text.slice(0, at), password: text.slice(at + 1) };
}

function refuse(res: ServerResponse, result: 'wrong' | 'busy'): void {
  if (result === 'busy') {
    answer(res, 503, PLAIN_TEXT, 'Too many passwords are being checked\n', { 'Retry-After': '1' });
  } else {
    const challenge = 'Basic realm="conntrack-agent", charset="UTF-8"';
    answer(res, 401, PLAIN_TEXT, 'Unauthorized\n', { 'WWW-Authenticate': challenge });
  }
}

/** Whose password was right, and the hash it was compared with. */
type Admission = { readonly user: string; readonly hash: string };

/**
 * Answers that are under way. That of the event stream lasts as long as its reader wants, and so may outlast the password it
 * was given for.
 */
class OngoingAnswers {
  readonly #admissions = new Map<ServerResponse, Admission | undefined>();

  /** @param admission undefined where no password was needed */
  add(res: ServerResponse, admission: Admission | undefined): void {
    this.#admissions.set(res, admission);
    res.once('close', () => this.#admissions.delete(res));
  }

  /** Breaks off those that go on and would be refused now. One that is complete goes out: a renewed password costs no scrape. */
  revoke(users: Users): void {
    for (const [res, admission] of this.#admissions) {
      const goesOn = res.headersSent && !res.writableEnded;
      if (goesOn && !isAdmittedNow(users, admission)) res.destroy();
    }
  }
}

/** A user whose password has changed is no longer the one that was admitted. */
function isAdmittedNow(users: Users, admission: Admission | undefined): boolean {
  if (users.size === 0) return true;
  return admission !== undefined && users.get(admission.user) === admission.hash;
}
