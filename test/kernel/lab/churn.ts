/** Real traffic that comes and goes: each kind leaves its entries under a timeout of its own. */
import { fileURLToPath } from 'node:url';
import type { Child } from '../../../simulator/child.ts';
import type { Lab } from './namespaces.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SENDER = fileURLToPath(new URL('./churn-sender.ts', import.meta.url));
const PORT = 7_200;
/** On a machine that does other things as well. */
const START_MS = 60_000;

/** New flows a second of each kind, and connections that stay open. */
export type ChurnRates = {
  /** UDP that nobody answers: udp_timeout. */
  readonly oneWay: number;
  /** UDP with answers, for over two seconds: udp_timeout_stream. */
  readonly stream: number;
  /** TCP that is closed by both sides: tcp_timeout_time_wait. */
  readonly closed: number;
  /** TCP that is reset: tcp_timeout_close. */
  readonly reset: number;
  readonly held: number;
};

const SERVERS = `
  require('net').createServer((socket) => socket.on('error', () => {}).resume().on('end', () => socket.end()))
    .listen({ port: ${PORT}, host: '0.0.0.0', backlog: 4096 }, () => console.log('listening'));
  const udp = require('dgram').createSocket('udp4');
  udp.on('message', (text, { port, address }) => udp.send(text, port, address)).bind(${PORT}, '0.0.0.0');`;

/** Resolves when the traffic has begun; it goes on until the lab ends. */
export async function startChurn(lab: Lab, rates: ChurnRates): Promise<Child> {
  const servers = lab.spawnIn('node', process.execPath, ['-e', SERVERS]);
  await servers.waitFor(/^listening$/m, { timeoutMs: START_MS });
  const args = ['--import', 'tsx', SENDER, JSON.stringify(rates), String(PORT)];
  const sender = lab.spawnIn('peer', process.execPath, args, { cwd: ROOT });
  await sender.waitFor(/^started$/m, { timeoutMs: START_MS });
  return sender;
}
