/**
 * Sends one small UDP packet per flow, each to another address or port of the spare prefix, from one socket.
 * A process of its own (see flood.ts): arguments flows, packets a second (0: as fast as it can), time limit in ms.
 * About 95,000 flows a second, of which most is the kernel making the entries.
 */
import { createSocket } from 'node:dgram';

const [flows = 0, perSecond = 0, forMs = 0] = process.argv.slice(2).map(Number);

/** Leaves the loop free for errors and the clock between two batches. */
const BATCH = 1_000;
const HOSTS = 65_000;
const FIRST_PORT = 1_024;
const PAYLOAD = Buffer.from('.');

let sent = 0;
const failures: string[] = [];
// Addresses only: the lookup that node:dgram makes for each packet is answered at once, without a tick in between.
const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
socket.on('error', (error) => failures.push(error.message));
socket.bind(0, () => {
  const startMs = performance.now();
  step(startMs);
});

function step(startMs: number): void {
  const elapsedMs = performance.now() - startMs;
  if (sent >= flows || elapsedMs >= forMs) {
    socket.close();
    const report = { sent, seconds: elapsedMs / 1_000, failed: failures.length, failure: failures[0] };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const due = perSecond === 0 ? flows : Math.min(flows, Math.ceil((elapsedMs * perSecond) / 1_000));
  for (const last = Math.min(due, sent + BATCH); sent < last; sent++) sendFlow(sent);
  if (sent < due) setImmediate(step, startMs);
  else setTimeout(step, 2, startMs);
}

function sendFlow(index: number): void {
  const host = 1 + (index % HOSTS);
  const port = FIRST_PORT + Math.floor(index / HOSTS);
  socket.send(PAYLOAD, 0, 1, port, `10.98.${host >> 8}.${host & 255}`);
}
