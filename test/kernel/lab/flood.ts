/** Ways to fill the node's table from the peer. Each is bounded in flows and in time and ends by itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, outcome } from '../../../simulator/child.ts';
import type { Place } from './namespaces.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FLOODER = fileURLToPath(new URL('./flooder.ts', import.meta.url));
const START_MS = 20_000;
const MAX_FILL_MS = 120_000;

export type FloodReport = {
  readonly sent: number;
  readonly seconds: number;
  /** Packets the peer could not send, and the first reason. */
  readonly failed: number;
  readonly failure?: string;
};

/** Makes this many new UDP flows, as fast as Node sends or at a rate. Flows of two calls differ in their source port. */
export async function fill(lab: Place, flows: number, { perSecond = 0 } = {}): Promise<FloodReport> {
  return report(startFlooder(lab, flows, perSecond, MAX_FILL_MS), MAX_FILL_MS);
}

/** New UDP flows at a rate for a time: no room the kernel makes stays free for long. */
export async function keepFull(lab: Place, forMs: number, { perSecond = 20_000 } = {}): Promise<FloodReport> {
  const flows = Math.ceil((forMs / 1_000) * perSecond);
  return report(startFlooder(lab, flows, perSecond, forMs), forMs);
}

/**
 * Puts established TCP flows into the node's table through ctnetlink. The kernel may evict a UDP flow of a flood to make
 * room (about one time in six at 3,000 of 262,144 buckets), but never an assured one: a table full of these refuses every new
 * flow, without luck. Only a connection that is closing gives its place away; `keepFull` at the same time takes it.
 * More flows than there is room for are an error.
 */
export async function occupy(lab: Place, flows: number, { timeoutSeconds = 600 } = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-lab-'));
  const file = join(folder, 'flows'); // A file because conntrack cannot open the socket that Node gives it as stdin.
  try {
    await writeFile(file, Array.from({ length: flows }, (_, index) => assuredFlow(index, timeoutSeconds)).join(''));
    await lab.exec('node', 'conntrack', ['--load-file', file], { timeoutMs: MAX_FILL_MS });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Empties the node's table. */
export async function flush(lab: Place): Promise<void> {
  await lab.exec('node', 'conntrack', ['--flush']);
}

function startFlooder(lab: Place, flows: number, perSecond: number, forMs: number): Child {
  const args = ['--import', 'tsx', FLOODER, flows, perSecond, forMs].map(String);
  return lab.spawnIn('peer', process.execPath, args, { cwd: ROOT });
}

async function report(flooder: Child, forMs: number): Promise<FloodReport> {
  return JSON.parse(await outcome(flooder, forMs + START_MS)) as FloodReport;
}

/** One line as `conntrack --output save` prints it. */
function assuredFlow(index: number, timeoutSeconds: number): string {
  const source = `10.99.${(index >> 8) & 255}.${index & 255}`;
  const port = 1_024 + (index >> 16);
  const original = `-s ${source} -d 10.98.0.1 -p tcp --sport ${port} --dport 443`;
  const reply = `-r 10.98.0.1 -q ${source} --reply-port-src 443 --reply-port-dst ${port}`;
  return `-I -t ${timeoutSeconds} -u SEEN_REPLY,ASSURED ${original} ${reply} --state ESTABLISHED\n`;
}
