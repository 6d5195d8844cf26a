import type { LookupAddress } from 'node:dns';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { hostPort } from '../model/text/address.ts';
import { bodyOf } from '../system/http-body.ts';
import type { Answer } from './delivery.ts';

/** Where requests go and how a connection there is made. */
export type Endpoint = {
  /** http or https, with the whole path. */
  readonly url: URL;
  /** Resolves the name from memory, without a DNS request. */
  readonly lookup: LookupFunction;
  /** The certificate authorities to trust, in PEM; undefined for the system's. May throw. */
  readonly authorities: () => string | undefined;
  /** The certificate that the agent shows to a server which requests one. May throw. */
  readonly clientCertificate?: () => { readonly cert: string; readonly key: string } | undefined;
};

/** A post, or a GET when it has no body. Headers are those beyond the ones of every request, `query` begins with its `?`. */
export type Request = {
  readonly headers: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: string;
};

/** More than any answer of an Alertmanager to these requests; another server's endless answer is not read further. */
const ANSWER_MAX = 64 * 1024;
/** TCP probes a silent peer after this, so that a dead one is noticed between two requests. */
const PROBE_MS = 15_000;
/** How long one address of several may take to answer before the next is tried. */
const ADDRESS_MS = 1000;

/** One connection, opened by the first request and gone with its socket. One request at a time. */
export class HttpConnection {
  readonly openedMs: number;
  readonly #endpoint: Endpoint;
  readonly #clock: () => number;
  readonly #agent: HttpAgent;
  readonly #onClosed: (connection: HttpConnection) => void;
  #socket: Socket | undefined;
  #address: string | undefined;
  #answers = 0;
  #lastAnswer: Answer | undefined;
  #answeredMs: number;
  #isBusy = false;
  #isClosed = false;

  /**
   * `onClosed` is called once, whichever side closes.
   * @throws OperatorError when a file for TLS cannot be read
   */
  constructor(endpoint: Endpoint, clock: () => number, onClosed: (connection: HttpConnection) => void) {
    this.openedMs = clock();
    this.#answeredMs = this.openedMs;
    this.#clock = clock;
    const timeout = { keepAliveMsecs: PROBE_MS, autoSelectFamilyAttemptTimeout: ADDRESS_MS };
    const options = { keepAlive: true, maxSockets: 1, ...timeout };
    const ca = endpoint.authorities();
    const certificate = endpoint.clientCertificate?.();
    this.#endpoint = endpoint;
    this.#onClosed = onClosed;
    const tls = { ...(ca && { ca }), ...certificate };
    const agent = isSecure(endpoint) ? new HttpsAgent({ ...options, ...tls }) : new HttpAgent(options);
    this.#agent = withOneSocket(agent);
  }

  /** Requests that have been answered. */
  get answers(): number {
    return this.#answers;
  }

  /** The last of their answers. */
  get lastAnswer(): Answer | undefined {
    return this.#lastAnswer;
  }

  /** From the opening to the last answer: how long it is known to have worked. */
  get workedMs(): number {
    return this.#answeredMs - this.openedMs;
  }

  /** Since the last answer, or since the opening. */
  get idleMs(): number {
    return this.#clock() - this.#answeredMs;
  }

  /** Where it leads, as `10.0.0.7:9093`; undefined until it is open. */
  get address(): string | undefined {
    return this.#address;
  }

  /** A request has not been answered yet. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Settles with the answer, however late. */
  async send(request: Request): Promise<Answer> {
    this.#isBusy = true;
    try {
      const sent = this.#send(request);
      const answer = await answerTo(sent);
      this.#answers += 1;
      this.#lastAnswer = answer;
      this.#answeredMs = this.#clock();
      this.#address ??= addressOf(this.#socket);
      // The HTTP agent would open another socket for the next request, or send it over one that the server is closing.
      if (!sent.shouldKeepAlive || answer.idleSeconds === 0) this.close();
      return answer;
    } finally {
      this.#isBusy = false;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket?.destroy();
    this.#agent.destroy();
    this.#onClosed(this);
  }

  #send({ headers, query = '', body }: Request): ClientRequest {
    const { url, lookup } = this.#endpoint;
    const request = (isSecure(this.#endpoint) ? httpsRequest : httpRequest)({
      agent: this.#agent,
      method: body === undefined ? 'GET' : 'POST',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (isSecure(this.#endpoint) ? 443 : 80),
      path: url.pathname + query,
      headers: { ...headers, ...(body !== undefined && headersOf(body)) },
      lookup,
    });
    request.once('socket', (socket) => this.#watch(socket));
    request.end(body);
    return request;
  }

  #watch(socket: Socket): void {
    if (this.#socket === socket) return;
    this.#socket = socket;
    socket.once('close', () => this.close());
    if (this.#isClosed) socket.destroy();
  }
}

/** By itself an agent opens another socket for a request that was waiting for one which then ends. */
function withOneSocket(agent: HttpAgent): HttpAgent {
  const open = agent.createConnection.bind(agent);
  let isOpened = false;
  agent.createConnection = (options, callback) => {
    if (!isOpened) {
      isOpened = true;
      return open(options, callback);
    }
    callback?.(new Error('the connection has ended'), undefined as never);
    return undefined;
  };
  return agent;
}

function isSecure({ url }: Endpoint): boolean {
  return url.protocol === 'https:';
}

function addressOf(socket: Socket | undefined): string | undefined {
  const { remoteAddress: address, remotePort: port } = socket ?? {};
  return address === undefined || port === undefined ? undefined : hostPort(address, port);
}

function headersOf(body: string): Record<string, string | number> {
  return { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
}

function answerTo(request: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Stays on: a request may fail again after its answer.
    request.on('error', reject);
    request.once('response', (response: IncomingMessage) => {
      bodyOf(response, ANSWER_MAX, "the answer is not an Alertmanager's: it does not end").then((text) => {
        resolve({
          statusCode: response.statusCode ?? 0,
          text,
          contentType: response.headers['content-type'],
          location: response.headers.location,
          idleSeconds: idleOf(response),
          dateMs: dateOf(response),
        });
      }, reject);
    });
  });
}

function idleOf({ headers }: IncomingMessage): number | undefined {
  const seconds = /\btimeout=(\d+)/.exec(`${headers['keep-alive']}`)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

function dateOf({ headers }: IncomingMessage): number | undefined {
  const dateMs = Date.parse(`${headers.date}`);
  return Number.isNaN(dateMs) || headers.age !== undefined ? undefined : dateMs;
}

/** What the promise settles to, or a rejection with `late()` after `ms`. The promise itself is not cancelled. */
export async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** The system's resolver: every address of a name. */
export type Lookup = (name: string) => Promise<readonly LookupAddress[]>;

/**
 * The addresses of one name, looked up before they are needed and kept: when the table is full, a DNS request is dropped like
 * any other new connection. When a lookup fails, the addresses of the last one stay in use.
 */
export class DnsCache {
  readonly #name: string;
  readonly #systemLookup: Lookup;
  #addresses: readonly LookupAddress[] = [];
  #problem: Error | undefined;
  #running: Promise<void> | undefined;

  constructor(name: string, lookup: Lookup) {
    this.#name = name;
    this.#systemLookup = lookup;
    const family = isIP(name);
    if (family !== 0) this.#addresses = [{ address: name, family }];
  }

  get areKnown(): boolean {
    return this.#addresses.length > 0;
  }

  /** Never rejects; `lookup` reports what went wrong. One refresh at a time, however long it takes. */
  refresh(): Promise<void> {
    if (isIP(this.#name) !== 0) return Promise.resolve();
    this.#running ??= this.#refreshNow().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** For `net.connect`: answers from memory. */
  readonly lookup: LookupFunction = (_name, { all }, callback) => {
    const [first] = this.#addresses;
    if (first === undefined) callback(this.#noAddressError(), []);
    else if (all) callback(null, [...this.#addresses]);
    else callback(null, first.address, first.family);
  };

  async #refreshNow(): Promise<void> {
    try {
      const addresses = await this.#systemLookup(this.#name);
      if (addresses.length > 0) this.#addresses = addresses;
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error : new Error(String(error));
    }
  }

  #noAddressError(): Error {
    return this.#problem ?? new Error(`no address is known for "${this.#name}"`);
  }
}
