/**
 * `tsx bench/page.ts OTHER/dist/conntrack-agent.js`: what the page costs while nobody looks, against a build that has none (any
 * commit before it, checked out elsewhere and built), and while one page is open. Side by side, so that all meet the same noise.
 */
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { print } from '../simulator/terminal.ts';
import { NODE_FLAGS } from '../src/config/v8-flags.ts';
import { AGENT_PROGRAM } from '../test/kernel/lab/agent.ts';
import { cpuSeconds, residentBytes } from './process-usage.ts';
import { Subject } from './subject.ts';

const FIRST_PORT = 19_110;
const SETTLE_MS = 10_000;
const LOOK_MS = 180_000;

async function main(other: string | undefined): Promise<void> {
  if (other === undefined) throw new Error('Cannot compare: give the program of a build without the page');
  const programs = [
    ['without the page', other],
    ['the same again, for the noise', other],
    ['nobody looks', AGENT_PROGRAM],
    ['one page open', AGENT_PROGRAM],
  ] as const;
  const contenders = programs.map(([name, program], i) => {
    const args = [...NODE_FLAGS, program, `--web.listen-address=127.0.0.1:${FIRST_PORT + i}`, '--web.socket='];
    return { name, subject: new Subject({ command: process.execPath, args }, FIRST_PORT + i) };
  });
  for (const { subject } of contenders) await subject.firstAnswer();
  const page = get(`http://127.0.0.1:${FIRST_PORT + 3}/api/v1/stream`, (answer) => answer.resume());
  await sleep(SETTLE_MS);
  print('| | CPU, % of a core | resident memory, MB |');
  print('|---|---|---|');
  const startMs = performance.now();
  const before = contenders.map(({ subject }) => cpuSeconds(subject.pid));
  await sleep(LOOK_MS);
  const seconds = (performance.now() - startMs) / 1000;
  for (const [i, { name, subject }] of contenders.entries()) {
    const share = (cpuSeconds(subject.pid) - before[i]!) / seconds;
    print(`| ${name} | ${(share * 100).toFixed(2)} | ${(residentBytes(subject.pid) / 1e6).toFixed(1)} |`);
  }
  page.destroy();
  for (const { subject } of contenders) await subject.stop();
}

await main(process.argv[2]);
