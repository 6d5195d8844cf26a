import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server } from 'node:tls';
import type { Log } from '../../../model/log.ts';
import { answer, PLAIN_TEXT } from '../answers.ts';
import { originOf } from '../origin.ts';
import { type Answer, type Credentials, PasswordCheck } from './password-check.ts';
import { isAdmitted, type Tls } from './tls-context.ts';
import type { WebConfig } from './web-config.ts';
import { WebConfigFile } from './web-config-file.ts';

/** A few small files, compared as a whole. A change is in force after two of these, see `WebConfigFile.reread()`. */
const REREAD_MS = 1_000;

/** What stands between the TCP listeners and the routes. The unix socket has the mode of its file instead. */
export type AccessControl = {
  /** Undefined for plain HTTP. */
  readonly tls: Tls | undefined;
  /** The same routes, behind headers and passwords. */
  gate(routes: RequestListener): RequestListener;
  stop(): void;
};

export type DoorOptions = { readonly path: string; readonly clock: () => number; readonly rereadMs?: number };

/** Reads the file and watches it. Throws OperatorError with all that is wrong in it. */
export function openAccessControl({ path, clock, rereadMs = REREAD_MS }: DoorOptions, log: Log): AccessControl {
  const file = new WebConfigFile(path, log);
  const check = new PasswordCheck(clock);
  const followers: Server[] = [];
  const timer = setInterval(() => {
    if (!file.reread()) return;
    const { context } = file.loaded;
    if (context) for (const server of followers) server.setSecureContext(context);
  }, rereadMs);
  timer.unref();
  return {
    tls: tlsOf(file, followers),
    gate: (routes) => gated(routes, () => file.loaded.config, check),
    stop: () => clearInterval(timer),
  };
}

function tlsOf(file: WebConfigFile, followers: Server[]): Tls | undefined {
  const { config, context } = file.loaded;
  if (context === undefined || config.tls === undefined) return undefined;
  return {
    context,
    asksClients: config.tls.clientAuth.asked,
    admits: (socket) => isAdmitted(socket, file.loaded.config.tls!),
    follow: (server) => void followers.push(server),
  };
}

/** A probe has no password, and "the sampler is alive" tells nothing about anybody's traffic. */
const OPEN_PATH = '/-/healthy';

/** The routes behind headers and passwords. `config` is asked for each request. */
export function gated(routes: RequestListener, config: () => WebConfig, check: PasswordCheck): RequestListener {
  return function passGate(req, res) {
    const { headers, users } = config();
    for (const [name, value] of headers) res.setHeader(name, value);
    if (users.size === 0 || isOpen(req)) return routes(req, res);
    const credentials = credentialsOf(req.headers.authorization);
    if (credentials === undefined) return refuse(res, 'wrong');
    const settle = (verdict: Answer) => {
      if (res.destroyed) return; // The client gave up while its password was checked.
      if (verdict === 'right') routes(req, res);
      else refuse(res, verdict);
    };
    const verdict = check.ask(users, credentials, originOf(req.socket.remoteAddress));
    if (typeof verdict === 'string') return settle(verdict);
    void verdict.then(settle);
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

function refuse(res: ServerResponse, verdict: 'wrong' | 'busy'): void {
  if (verdict === 'busy') {
    answer(res, 503, PLAIN_TEXT, 'Too many passwords are being checked\n', { 'Retry-After': '1' });
  } else {
    const challenge = 'Basic realm="conntrack-agent", charset="UTF-8"';
    answer(res, 401, PLAIN_TEXT, 'Unauthorized\n', { 'WWW-Authenticate': challenge });
  }
}
