import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { answer, PLAIN_TEXT } from '../answer.ts';
import { originOf } from '../origin.ts';
import type { Credentials } from './password-cache.ts';
import type { Answer, PasswordCheck } from './password-check.ts';
import type { WebConfig } from './web-config.ts';

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
