/** Runs in the peer: `scraper.ts URL CONNECTIONS PER_SECOND STREAMS PASSWORD`. A line of JSON every ten seconds and at its end. */
import { Agent, get, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';

const [url = '', connections = '8', perSecond = '50', streams = '2', auth = ''] = process.argv.slice(2);
const REPORT_MS = 10_000;
const RETRY_MS = 500;

const counts = { asked: 0, answered: 0, lost: 0, connections: 0, events: 0, streamsOpened: 0 };
const reasons = new Map<string, number>();
let times: number[] = [];

function lose(reason: string): void {
  counts.lost += 1;
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}

/** One connection that is kept; a scrape at each tick, whether the one before is answered or not. */
function keepScraping(everyMs: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const known = new WeakSet<Socket>();
  setInterval(() => {
    counts.asked += 1;
    const startMs = performance.now();
    const asked = get(`${url}/metrics`, { agent, auth, timeout: 10_000 }, (answer) => {
      answer.resume();
      answer.once('end', () => {
        times.push(performance.now() - startMs);
        if (answer.statusCode === 200) counts.answered += 1;
        else lose(String(answer.statusCode));
      });
    });
    asked.on('socket', (socket) => {
      if (known.has(socket)) return;
      known.add(socket);
      counts.connections += 1;
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in 10 s')));
    asked.on('error', ({ message }) => lose(message));
  }, everyMs);
}

/** As a browser: connects again when the stream ends. */
function keepListening(): void {
  const options: RequestOptions = { agent: false, auth, rejectUnauthorized: false };
  const again = () => setTimeout(keepListening, RETRY_MS);
  const asked = get(`${url}/api/v1/stream`, options, (answer) => {
    counts.streamsOpened += 1;
    answer.setEncoding('utf8').on('data', (text: string) => {
      counts.events += text.split('\nevent: ').length - 1;
    });
    answer.once('close', again);
    answer.on('error', () => undefined);
  });
  asked.once('error', again);
}

function report(): void {
  times.sort((a, b) => a - b);
  const p99 = times[Math.floor(times.length * 0.99)];
  process.stdout.write(`${JSON.stringify({ ...counts, p99, reasons: Object.fromEntries(reasons) })}\n`);
  times = [];
}

for (let i = 0; i < Number(connections); i += 1) keepScraping((Number(connections) * 1000) / Number(perSecond));
for (let i = 0; i < Number(streams); i += 1) keepListening();
setInterval(report, REPORT_MS);
process.on('SIGTERM', () => {
  report();
  process.exit();
});
