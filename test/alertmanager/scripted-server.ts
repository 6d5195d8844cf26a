/** A server on 127.0.0.1 that speaks bare HTTP and ends its connections as a test says; it counts connections and posts. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export type ScriptedRequest = {
  readonly isPost: boolean;
  /** Alerts in it. */
  readonly alerts: number;
  /** Counted from 1 on each connection. */
  readonly nthOfConnection: number;
};

/** Answers one request, or does not, and does to the connection what it likes. */
export type Script = (socket: Socket, request: ScriptedRequest) => unknown;

/** An answer as text, with an empty list for whoever asks. */
export function answer(head = 'HTTP/1.1 200 OK', ...headers: readonly string[]): string {
  return [head, ...headers, 'Content-Length: 2', '', '[]'].join('\r\n');
}

export class ScriptedServer {
  script: Script;
  connections = 0;
  readonly requests: ScriptedRequest[] = [];
  readonly #open = new Set<Socket>();
  readonly #server: Server;

  private constructor(script: Script) {
    this.script = script;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#greet(socket));
  }

  static async start(script: Script): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.#server.close();
      for (const socket of server.#open) socket.destroy();
    });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Posts that carry alerts. */
  get posts(): number {
    return this.requests.filter(({ alerts }) => alerts > 0).length;
  }

  #greet(socket: Socket): void {
    this.connections += 1;
    this.#open.add(socket);
    let nthOfConnection = 0;
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      for (let whole = firstRequest(text); whole !== undefined; whole = firstRequest(text)) {
        text = text.slice(whole.length);
        nthOfConnection += 1;
        this.#take(socket, whole, nthOfConnection);
      }
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => socket.destroy()); // The client may be the one that resets it.
    socket.once('close', () => this.#open.delete(socket));
  }

  #take(socket: Socket, whole: string, nthOfConnection: number): void {
    const body = whole.slice(whole.indexOf('\r\n\r\n') + 4);
    const alerts = body === '' ? 0 : (JSON.parse(body) as unknown[]).length;
    const request = { isPost: whole.startsWith('POST'), alerts, nthOfConnection };
    this.requests.push(request);
    this.script(socket, request);
  }
}

/** Undefined while some of it is missing. */
function firstRequest(text: string): string | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, head))?.[1] ?? 0);
  const end = head + 4 + length;
  return text.length < end ? undefined : text.slice(0, end);
}
