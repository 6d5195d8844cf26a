import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Log } from '../../model/log.ts';
import { originOf } from '../server/client-group.ts';
import { BriefCache } from '../server/responses.ts';
import type { AgentView } from './agent-view.ts';

export type StreamLimits = {
  /** Most clients at once, on all listeners together. */
  readonly clients: number;
  /** Of these, how many one origin (see `originOf()`) can have, so that no client shuts out all others. */
  readonly perOrigin: number;
  /** Events that a client may miss before it is dropped. They are not kept for it. */
  readonly missed: number;
  readonly everyMs: number;
};

export const STREAM_LIMITS: StreamLimits = { clients: 32, perOrigin: 24, missed: 15, everyMs: 1000 };

/** The whole history, so that a page that connects needs no other request. */
const WHOLE_HISTORY_SECONDS = 3600;
/** The seconds that may have changed since the last event, and some more in case an event was missed. */
const RECENT_SECONDS = 20;
/** What a browser waits before it connects again. */
const RETRY_MS = 2000;

type Client = { readonly res: ServerResponse; readonly origin: string; missed: number };

/**
 * Sends all clients the same bytes once a second: `status`, which also shows that the agent is running, and `seconds`, the
 * latest history. A new client first gets `history`, all of it. Does nothing while there is no client.
 */
export class EventStream {
  readonly #view: AgentView;
  readonly #log: Log;
  readonly #limits: StreamLimits;
  readonly #clients = new Set<Client>();
  readonly #cache = new BriefCache<string>();
  #timer: NodeJS.Timeout | undefined;
  #events = 0;
  #isStopped = false;

  constructor(view: AgentView, log: Log, limits: StreamLimits = STREAM_LIMITS) {
    this.#view = view;
    this.#log = log;
    this.#limits = limits;
  }

  get clients(): number {
    return this.#clients.size;
  }

  canAdd(req: IncomingMessage): boolean {
    const { clients, perOrigin } = this.#limits;
    const origin = originOf(req.socket.remoteAddress);
    const ofOrigin = [...this.#clients].filter((client) => client.origin === origin).length;
    return !this.#isStopped && this.#clients.size < clients && ofOrigin < perOrigin;
  }

  add(req: IncomingMessage, res: ServerResponse, headers: OutgoingHttpHeaders): void {
    const first = this.#cache.get('', () => this.#first()); // Made before the head, so that a failure is a 500.
    res.writeHead(200, headers);
    res.write(first);
    const client: Client = { res, origin: originOf(req.socket.remoteAddress), missed: 0 };
    this.#clients.add(client);
    res.once('close', () => this.#forget(client));
    this.#timer ??= setInterval(() => this.#tick(), this.#limits.everyMs);
  }

  /** Ends every stream; no client is accepted any more. */
  stop(): void {
    this.#isStopped = true;
    for (const { res } of this.#clients) res.end();
  }

  #forget(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    try {
      const bytes = Buffer.from(this.#latest());
      for (const client of this.#clients) this.#send(client, bytes);
    } catch (error) {
      this.#log.error({ error }, `Cannot make the next event of "/api/v1/stream": ${(error as Error).message}`);
      for (const { res } of this.#clients) res.end();
    }
  }

  /** A client that has not read the last event yet is sent none, so that no more than one is buffered for it. */
  #send(client: Client, bytes: Buffer): void {
    const { res } = client;
    client.missed = res.writableLength > 0 ? client.missed + 1 : 0;
    if (client.missed === 0) res.write(bytes);
    else if (client.missed > this.#limits.missed) res.destroy();
  }

  #first(): string {
    const history = this.#event('history', this.#view.history(WHOLE_HISTORY_SECONDS));
    return `retry: ${RETRY_MS}\n\n${history}${this.#latest()}`;
  }

  #latest(): string {
    this.#events += 1;
    const seconds = this.#event('seconds', this.#view.history(RECENT_SECONDS));
    return seconds + this.#event('status', this.#view.status());
  }

  /** JSON has no line breaks, so one `data` line carries it. */
  #event(name: string, data: unknown): string {
    return `id: ${this.#events}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}
