import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Log } from '../../model/log.ts';
import { describeError } from '../../model/operator-error.ts';

export const PLAIN_TEXT = 'text/plain; charset=utf-8';

/**
 * Sends one whole answer; Node leaves out the body for HEAD. It replaces express' `res.send`, which works out a charset, a
 * type and freshness that are known here, and makes a scrape take half as long again.
 */
export function answer(
  res: ServerResponse,
  status: number,
  contentType: string,
  body: string | Buffer,
  headers?: OutgoingHttpHeaders,
): void {
  res.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  res.end(body);
}

/** A body that is sent to many clients: the same bytes for all, compressed at most once. */
export class Body {
  readonly plain: Buffer;
  #gzipped: Buffer | undefined;

  constructor(text: string) {
    this.plain = Buffer.from(text);
  }

  get gzipped(): Buffer {
    this.#gzipped ??= gzip(this.plain);
    return this.#gzipped;
  }
}

type BodyAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: Body;
  readonly headers?: OutgoingHttpHeaders;
};

/** Sends a body, compressed when asked. */
export function answerBody(
  req: IncomingMessage,
  res: ServerResponse,
  { status, contentType, body, headers }: BodyAnswer,
): void {
  const isGzipped = acceptsGzip(req.headers['accept-encoding']);
  answer(res, status, contentType, isGzipped ? body.gzipped : body.plain, {
    ...headers,
    Vary: 'Accept-Encoding',
    ...(isGzipped && { 'Content-Encoding': 'gzip' }),
  });
}

/** A value as the body of an answer. */
export function jsonBody(value: unknown): Body {
  return new Body(`${JSON.stringify(value)}\n`);
}

/** Sends it, compressed when asked. */
export function answerJson(req: IncomingMessage, res: ServerResponse, status: number, body: Body): void {
  answerBody(req, res, { status, contentType: 'application/json; charset=utf-8', body });
}

/* The answers below repeat nothing that the client sent, and say nothing about this machine. */

export function notFound(_req: IncomingMessage, res: ServerResponse): void {
  answer(res, 404, PLAIN_TEXT, 'Not found\n');
}

export function methodNotAllowed(_req: IncomingMessage, res: ServerResponse): void {
  answer(res, 405, PLAIN_TEXT, 'Only GET and HEAD are answered here\n', { Allow: 'GET, HEAD' });
}

/** No route reads a body. Refusing it and closing the connection is cheaper than reading it. */
export function refuseBody(res: ServerResponse): void {
  answer(res, 413, PLAIN_TEXT, 'Request bodies are not taken here\n', { Connection: 'close' });
}

/** The text is for an operator who sees this in a browser of their own. */
export function refuseForeignBrowserRequest(res: ServerResponse): void {
  const seen = 'Browsers may not ask this agent by this name, nor for a page of another site';
  const remedy = 'Ask by its IP address or the name of its node, or allow the name with --web.allowed-host';
  answer(res, 403, PLAIN_TEXT, `${seen}\n${remedy}\n`);
}

export function refuseTwoHosts(res: ServerResponse): void {
  answer(res, 400, PLAIN_TEXT, 'Expected one Host header, got more\n', { Connection: 'close' });
}

export function carriesBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** The app's last handler: the log gets the whole error, the client one line. Express recognises it by its four parameters. */
export function failed(log: Log) {
  return function answerFailure(error: unknown, req: IncomingMessage, res: ServerResponse, _next: unknown): void {
    const { message } = describeError(error);
    log.error({ error, method: req.method }, `Cannot answer "${req.url}": ${message}`);
    if (res.headersSent) req.socket.destroy();
    else answer(res, 500, PLAIN_TEXT, "Cannot answer: the agent's log says why\n");
  };
}

/** Short enough for a person, and long enough that a hundred clients that ask all the time cost no more than five answers a second. */
const KEPT_MS = 200;
/** Most keys of one route: the status has one, the history one for each number of minutes asked for. */
const KEYS_MAX = 4;

/** Keeps an answer for a fraction of a second. Nothing is kept while there are no requests. */
export class BriefCache<T> {
  readonly #kept = new Map<string, T>();

  get(key: string, make: () => T): T {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const made = make();
    if (this.#kept.size >= KEYS_MAX) return made;
    this.#kept.set(key, made);
    setTimeout(() => this.#kept.delete(key), KEPT_MS).unref();
    return made;
  }
}

/** One member of an `Accept` or `Accept-Encoding` header. Names are lower case; `q` is 0 to 1, where 0 means "never". */
export type Preference = { readonly value: string; readonly params: ReadonlyMap<string, string>; readonly q: number };

/**
 * RFC 9110, 12.4.2. A weight that cannot be read counts as 0: what cannot be parsed was not asked for.
 * A quoted comma splits its member in two, which then match nothing that is offered.
 */
export function parseQualityList(header: string): Preference[] {
  return header
    .split(',')
    .map(parsePreference)
    .filter(({ value }) => value !== '');
}

function parsePreference(member: string): Preference {
  const [value = '', ...rest] = member.split(';').map((part) => part.trim());
  const params = new Map(rest.map(parseParameter));
  const weight = params.get('q');
  params.delete('q');
  return { value: value.toLowerCase(), params, q: weight === undefined ? 1 : parseWeight(weight) };
}

function parseParameter(part: string): [name: string, value: string] {
  const equals = part.indexOf('=');
  if (equals < 0) return [part.toLowerCase(), ''];
  const value = part.slice(equals + 1).trim();
  return [part.slice(0, equals).trim().toLowerCase(), value.replace(/^"(.*)"$/, '$1')];
}

function parseWeight(text: string): number {
  return /^(0(\.\d*)?|1(\.0*)?)$/.test(text) ? Number(text) : 0;
}

/**
 * Level 1 takes two thirds of the time of level 6 for an exposition, and leaves a hundredth more of it. By default zlib takes and
 * gives back 270 kB for each body, which costs as much as a third of the compression; these sizes take half of that, and leave
 * no more bytes.
 */
const FOR_SMALL_BODIES = { level: 1, windowBits: 14, memLevel: 7, chunkSize: 4096 } as const;

/** In-line, because handing so little to the thread pool costs more than compressing it. */
export function gzip(body: string | Buffer): Buffer {
  return gzipSync(body, FOR_SMALL_BODIES);
}

/** Whether the client accepts gzip, and does not prefer the plain body. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  if (acceptEncoding === 'gzip') return true; // What Prometheus sends, word for word.
  const preferences = parseQualityList(acceptEncoding);
  const weightOf = (coding: string) => preferences.find(({ value }) => value === coding)?.q;
  const gzipQ = weightOf('gzip') ?? weightOf('x-gzip') ?? weightOf('*') ?? 0;
  return gzipQ > 0 && gzipQ >= (weightOf('identity') ?? 0);
}
