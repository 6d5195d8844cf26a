/** TCP and HTTP from inside a namespace, to be tried while the node's table is full. */
import type { Child } from '../../../simulator/child.ts';
import type { Place, Side } from './namespaces.ts';

const ECHO_SERVER = `
  const [port] = process.argv.slice(1).map(Number);
  require('net').createServer((socket) => socket.on('error', console.error).pipe(socket))
    .listen(port, '0.0.0.0', () => console.log('listening'));`;

const LINE_CLIENT = `
  const [host, port] = process.argv.slice(1);
  const socket = require('net').connect(Number(port), host, () => console.log('connected'));
  socket.setNoDelay(true).on('error', (error) => { console.error(error.message); process.exit(1); });
  process.stdin.pipe(socket).pipe(process.stdout);`;

const CONNECT = `
  const [host, port, timeoutMs] = process.argv.slice(1);
  const say = (word) => { console.log(word); process.exit(0); };
  const socket = require('net').connect(Number(port), host, () => say('connected'));
  socket.on('error', (error) => say(error.code === 'ECONNREFUSED' ? 'refused' : error.code));
  setTimeout(say, Number(timeoutMs), 'timed out');`;

const HTTP_GET = `
  const [url, headers, timeoutMs] = process.argv.slice(1);
  require('http').get(url, { headers: JSON.parse(headers), timeout: Number(timeoutMs), agent: false }, (answer) => {
    let body = '';
    answer.setEncoding('utf8').on('data', (text) => { body += text; });
    answer.on('end', () => console.log(JSON.stringify({ status: answer.statusCode, headers: answer.headers, body })));
  }).on('timeout', function () { this.destroy(new Error('timed out')); });`;

export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

/** A server on all addresses of a side that returns what it is sent. */
export async function startEcho(lab: Place, side: Side, port: number): Promise<Child> {
  const server = lab.spawnIn(side, process.execPath, ['-e', ECHO_SERVER, String(port)]);
  await server.waitFor(/^listening$/m);
  return server;
}

/** A connection that stays open. `ask` resolves when its line has come back. */
export async function connectTcp(lab: Place, side: Side, host: string, port: number) {
  const client = lab.spawnIn(side, process.execPath, ['-e', LINE_CLIENT, host, String(port)]);
  await client.waitFor(/^connected$/m);
  return {
    async ask(line: string, timeoutMs = 5_000): Promise<void> {
      const from = client.stdout.length;
      client.write(`${line}\n`);
      await client.waitFor(new RegExp(`^${line}$`, 'm'), { timeoutMs, from });
    },
    close: () => client.stop(),
  };
}

/** Tries one new connection: `connected`, `timed out`, `refused` or the error code. */
export async function tryConnect(
  lab: Place,
  side: Side,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<string> {
  const args = ['-e', CONNECT, host, String(port), String(timeoutMs)];
  return (await lab.exec(side, process.execPath, args, { timeoutMs: timeoutMs + 10_000 })).trim();
}

/** One GET over a new connection from inside a namespace. */
export async function httpGet(
  lab: Place,
  side: Side,
  url: string,
  { headers = {}, timeoutMs = 10_000 }: { headers?: Record<string, string>; timeoutMs?: number } = {},
): Promise<HttpAnswer> {
  const args = ['-e', HTTP_GET, url, JSON.stringify(headers), String(timeoutMs)];
  return JSON.parse(await lab.exec(side, process.execPath, args, { timeoutMs: timeoutMs + 10_000 })) as HttpAnswer;
}
