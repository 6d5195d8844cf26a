/** A server on 127.0.0.1 that takes posts as Alertmanager does, until it is told to misbehave. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createFront, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export type PostedAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
};

export type Posted = {
  readonly alerts: readonly PostedAlert[];
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
};

export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

export const accept: Behaviour = (response) => void response.writeHead(200).end();

/** Knows of no alert. */
const emptyList: Behaviour = (response) => void response.writeHead(200).end('[]');

export class Receiver {
  behaviour: Behaviour = accept;
  /** How it answers when it is asked, and the paths it was asked for. */
  whenQueried: Behaviour = emptyList;
  readonly queries: string[] = [];
  /** Connections accepted so far, and those that are open. */
  accepted = 0;
  readonly open = new Set<Socket>();
  /** Posts that carry alerts, and the number of those that carry none. */
  readonly posts: Posted[] = [];
  heartbeats = 0;
  /** What listens. Apart from the HTTP server, which would close idle connections when it stops to listen. */
  readonly #front = createFront((socket) => this.#greet(socket));
  readonly #server: Server;
  #port = 0;
  readonly #scheme: string;

  private constructor(tls: ServerOptions | undefined) {
    const listener: RequestListener = (request, response) => this.#take(request, response);
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
    this.#server.keepAliveTimeout = 0;
  }

  static async start({
    tls,
    behaviour = accept,
  }: {
    tls?: ServerOptions;
    behaviour?: Behaviour;
  } = {}): Promise<Receiver> {
    const receiver = new Receiver(tls);
    receiver.behaviour = behaviour;
    await receiver.listen();
    onTestFinished(() => receiver.stop());
    return receiver;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  /** At the same port as before. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#front.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#front.address() as AddressInfo).port;
  }

  /** Takes no new connection; those that are open go on. */
  stopListening(): void {
    this.#front.close();
  }

  closeConnections(): void {
    for (const socket of this.open) socket.destroy();
  }

  stop(): void {
    this.stopListening();
    this.closeConnections();
  }

  /** The latest state posted of each alert. */
  get latest(): ReadonlyMap<string, PostedAlert> {
    return new Map(this.posts.flatMap(({ alerts }) => alerts.map((alert) => [alert.labels['alertname']!, alert])));
  }

  #greet(socket: Socket): void {
    this.accepted += 1;
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    this.#server.emit('connection', socket);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      if (request.method === 'GET') {
        this.queries.push(request.url ?? '');
        this.whenQueried(response, request);
        return;
      }
      const alerts = JSON.parse(body) as PostedAlert[];
      if (alerts.length === 0) this.heartbeats += 1;
      else this.posts.push({ alerts, path: request.url ?? '', headers: request.headers });
      this.behaviour(response, request);
    });
  }
}
