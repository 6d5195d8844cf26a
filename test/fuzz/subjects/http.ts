import { Duplex } from 'node:stream';
import { authenticated } from '../../../src/web/auth/access-control.ts';
import { PasswordCheck } from '../../../src/web/auth/password-check.ts';
import { createApp } from '../../../src/web/routes/app.ts';
import { createAgentServer, SERVER_LIMITS } from '../../../src/web/server/agent-server.ts';
import { AnswerTurns } from '../../../src/web/server/fair-queue.ts';
import { TCP_CONNECTIONS } from '../../../src/web/server/listeners.ts';
import { errorLog, QUIET_VIEW } from '../quiet-agent.ts';
import { mutatedText, type Random } from '../random.ts';
import { hold, holdEqual, type Subject } from '../subject.ts';

/** Of no password that is sent here. */
const USERS = new Map([['alice', `$2b$04$${'a'.repeat(53)}`]]);
const PATHS = ['/metrics', '/', '/-/healthy', '/-/ready', '/api/v1/status', '/api/v1/flows', '/nothing'];
const LINES = [
  'Connection: close',
  'Connection: keep-alive, x',
  'Accept: */*',
  'Accept-Encoding: gzip',
  'Content-Length: 0',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'Origin: http://evil.example',
  'Host: evil.example',
  'X-Forwarded-For: 127.0.0.1',
];
const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  ',',
  '\0',
  '\x0b',
  '\r\n ',
  'HTTP/1.0',
  'HTTP/2.0',
  'CONNECT a:1',
  '%00',
  '//',
  '..',
  '0\r\n\r\n',
  'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n',
  'Content-Length: 40\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding : chunked\r\n',
];
const STATUSES = new Set([100, 200, 400, 401, 403, 404, 405, 408, 411, 413, 414, 417, 421, 431, 501, 503]);

type Asked = { readonly text: string; readonly status: number };

/** A request that is right, and what it is answered with by an agent without passwords. */
function rightRequest(random: Random): Asked {
  const [path, method] = [random.pick(PATHS), random.pick(['GET', 'GET', 'HEAD', 'DELETE'])];
  const isThere = path !== '/nothing';
  const status = !isThere ? 404 : method === 'DELETE' ? 405 : path === '/api/v1/flows' ? 404 : 200;
  return { text: `${method} ${path} HTTP/1.1\r\nHost: 10.0.0.7:10098\r\n\r\n`, status };
}

function wildRequest(random: Random): string {
  const lines = random.some(LINES).slice(0, random.below(4));
  const head = `${random.pick(['GET', 'HEAD', 'POST', 'OPTIONS'])} ${random.pick(PATHS)} HTTP/1.1\r\nHost: a\r\n`;
  const text = `${head}${lines.map((line) => `${line}\r\n`).join('')}\r\n${random.chance(0.2) ? '5\r\nhello\r\n0\r\n\r\n' : ''}`;
  return random.chance(0.8) ? mutatedText(random, text, WORDS) : text;
}

/** A connection in memory: the pieces go in, `received` is what came back when it has ended or gone quiet. */
class MemoryConnection extends Duplex {
  received = '';
  readonly remoteAddress = '192.0.2.7';
  isGone = false;

  override _read(): void {
    // Pieces are pushed.
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.received += bytes.toString('latin1');
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.isGone = true;
    done(error);
  }

  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
}

function makeServer(isProtected: boolean) {
  const { log, errors } = errorLog();
  const app = createApp(QUIET_VIEW, { telemetryPath: '/metrics', pageFolder: new URL('file:///nowhere/') }, log);
  errors.length = 0; // There are no assets.
  const check = new PasswordCheck(() => performance.now());
  const config = { tls: undefined, headers: [], users: USERS };
  const protect = (routes: Parameters<typeof authenticated>[0]) => authenticated(routes, () => config, check);
  const accessControl = isProtected
    ? { tls: undefined, protect, reload: () => undefined, stop: () => undefined }
    : undefined;
  const limits = { ...SERVER_LIMITS, keepAliveMs: 600_000 };
  const parts = { limits, connections: TCP_CONNECTIONS, turns: new AnswerTurns(), originOf: () => 'a', accessControl };
  const { server } = createAgentServer(app, parts, log);
  return { server, errors };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Turns of the loop in which nothing moves before a connection counts as quiet. */
const QUIET_TURNS = 6;

async function talk(server: ReturnType<typeof makeServer>['server'], pieces: readonly string[]): Promise<string> {
  const connection = new MemoryConnection();
  connection.on('error', () => undefined);
  server.emit('connection', connection);
  for (const piece of pieces) {
    if (connection.isGone) break;
    connection.push(Buffer.from(piece, 'latin1'));
    await turn();
  }
  for (
    let [quiet, seen] = [0, -1];
    quiet < QUIET_TURNS && !connection.isGone;
    quiet = connection.received.length === seen ? quiet + 1 : 0
  ) {
    seen = connection.received.length;
    await turn();
  }
  const { received } = connection;
  connection.destroy();
  return received;
}

function pieces(random: Random, text: string): string[] {
  const cuts = Array.from({ length: random.below(4) }, () => random.below(text.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((from, i) => text.slice(from, cuts[i] ?? text.length)).filter((piece) => piece !== '');
}

/** Of each answer; one to HEAD has no body, so what follows a blank line may be the next status line. */
function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)]
    .map(([, status]) => Number(status))
    .filter((status) => status !== 100);
}

let open: ReturnType<typeof makeServer> | undefined;
let locked: ReturnType<typeof makeServer> | undefined;

export const HTTP: Subject = {
  name: 'http',
  invariant:
    'right requests get one answer each, in order; wrong ones no 500; and behind a password nothing but the health is told',
  async run(random) {
    open ??= makeServer(false);
    locked ??= makeServer(true);
    const asked = Array.from({ length: 1 + random.below(3) }, () => rightRequest(random));
    const right = asked.map(({ text }) => text).join('');
    holdEqual(
      statusesIn(await talk(open.server, pieces(random, right))),
      asked.map(({ status }) => status),
      () => JSON.stringify(right),
    );
    const wild = Array.from({ length: 1 + random.below(3) }, () => wildRequest(random)).join('');
    const parts = pieces(random, wild);
    for (const { server, errors } of [open, locked]) {
      const statuses = statusesIn(await talk(server, parts));
      hold(
        statuses.every((status) => STATUSES.has(status)),
        () => `${statuses} for ${JSON.stringify(wild)}`,
      );
      hold(errors.length === 0, () => `${errors} for ${JSON.stringify(wild)}`);
      hold(statuses.length <= wild.split('\n').length, () => `${statuses.length} answers to ${JSON.stringify(wild)}`);
    }
    // The same behind a password, where only the health may be told.
    const secret = await talk(locked.server, parts);
    hold(!/conntrack_entries|"version"/.test(secret), () => `told without a password: ${JSON.stringify(wild)}`);
  },
  async end() {
    for (const { server } of [open, locked].filter((made) => made !== undefined)) server.closeAllConnections();
    [open, locked] = [undefined, undefined];
  },
};
