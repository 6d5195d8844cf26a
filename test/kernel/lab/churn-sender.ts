/**
 * Keeps up traffic of several kinds, at random moments, until it is ended. Run in the peer (see churn.ts): a ChurnRates as
 * JSON, and the port of the echo server.
 */
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import type { ChurnRates } from './churn.ts';
import { ADDRESS } from './namespaces.ts';

const TICK_MS = 10;
const HOSTS = 60_000;
const BYTE = Buffer.from('.');
/** UDP that is still active after two seconds is a stream (nf_conntrack_proto_udp.c). */
const STREAM_MS = 2_300;

const rates = JSON.parse(process.argv[2] ?? '{}') as ChurnRates;
const port = Number(process.argv[3]);

const address = { type: 'udp4', lookup: (host: string, _: unknown, done: Lookup) => done(null, host, 4) } as const;
type Lookup = (error: null, address: string, family: number) => void;
const oneWay = createSocket(address);
oneWay.on('error', (error) => process.stderr.write(`${error.message}\n`));
let sent = 0;

/** A number of Poisson's distribution. */
function random(mean: number): number {
  let [number, product] = [0, Math.random()];
  for (const limit = Math.exp(-mean); product > limit; product *= Math.random()) number += 1;
  return number;
}

function sendOneWay(): void {
  sent += 1;
  const host = 1 + (sent % HOSTS);
  oneWay.send(BYTE, 0, 1, 2_000 + Math.floor(sent / HOSTS), `10.98.${host >> 8}.${host & 255}`);
}

function sendStream(): void {
  const socket: Socket = createSocket(address);
  const send = () => socket.send(BYTE, 0, 1, port, ADDRESS.node);
  socket.on('error', () => undefined);
  send();
  setTimeout(send, STREAM_MS);
  setTimeout(() => socket.close(), STREAM_MS + 200);
}

function connectAnd(end: 'end' | 'resetAndDestroy'): void {
  const socket = connect(port, ADDRESS.node, () => socket[end]());
  socket.on('error', () => undefined);
}

const KINDS = {
  oneWay: sendOneWay,
  stream: sendStream,
  closed: () => connectAnd('end'),
  reset: () => connectAnd('resetAndDestroy'),
} as const;

for (let held = 0; held < rates.held; held += 1) connect(port, ADDRESS.node);

let [lastMs, started] = [performance.now(), false];
setInterval(() => {
  const nowMs = performance.now();
  const seconds = (nowMs - lastMs) / 1_000;
  lastMs = nowMs;
  for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
    for (let left = random(rates[kind] * seconds); left > 0; left -= 1) KINDS[kind]();
  }
  if (!started) process.stdout.write('started\n');
  started = true;
}, TICK_MS);
