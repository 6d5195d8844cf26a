/**
 * `npm run test:scrapers`: real scrapers through a minute of a full table, beside what the agent says of them beforehand. Prints a
 * table; fails where it was wrong. Takes root, iproute2, nftables, conntrack, openssl, prometheus, haproxy, nginx, and .ci/newer-programs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { print } from '../../simulator/terminal.ts';
import type { ScraperReport, WhileFull } from '../../src/model/scrapers.ts';
import { keepFull, occupy } from '../../test/kernel/lab/flood.ts';
import { withLimit } from '../../test/kernel/lab/limit.ts';
import { createLab, type Lab } from '../../test/kernel/lab/namespaces.ts';
import { makeSecrets, reportsOf, startAgents } from './agents.ts';
import { ALL, type Case, INTERVAL_SECONDS, intervalOf, listenerOf } from './cases.ts';
import { startClients, startNodeClient } from './clients.ts';
import { startProxies } from './proxies.ts';

const LIMIT = 3000;
/** Enough scrapes of the slowest to tell a connection that is kept from one that was not closed yet. */
const BEFORE_FULL_MS = 12 * 15_000;
const FULL_MS = 60_000;

type Row = {
  readonly name: string;
  readonly said: WhileFull | undefined;
  readonly scrapes: number;
  readonly expected: number;
  readonly seen: WhileFull;
};

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-scrapers-'));
  const lab = await createLab({ udpTimeoutSeconds: 5 });
  try {
    const rows = await measure(lab, folder);
    const isWrong = ({ said, seen }: Row) => said !== seen;
    print('| client | the agent said | scrapes in a minute of a full table | what happened |');
    print('| --- | --- | --- | --- |');
    for (const row of rows) print(`| ${row.name} | ${row.said} | ${row.scrapes} of ${row.expected} | ${row.seen} |`);
    const wrong = rows.filter(isWrong);
    print(`\n${wrong.length} of ${rows.length} wrong${wrong.map(({ name }) => `, ${name}`).join('')}`);
    if (wrong.length > 0) process.exitCode = 1;
  } finally {
    await lab.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(lab: Lab, folder: string): Promise<Row[]> {
  const secrets = makeSecrets(folder);
  const agents = await startAgents(lab, secrets);
  startProxies(lab, folder);
  const { prometheus3 } = await startClients(lab, secrets);
  const { socketPath } = agents.get('none')!;
  startNodeClient(lab, 'http://agent/metrics', false, socketPath);
  await sleep(BEFORE_FULL_MS);
  const before = await reportsOf(agents.values());
  const { during, after } = await withLimit(LIMIT, async () => {
    await occupy(lab, LIMIT - 20 - (await lab.entries()), { timeoutSeconds: FULL_MS / 1000 + 10 });
    const flood = keepFull(lab, FULL_MS + 2000, { perSecond: 2000 });
    await sleep(1000);
    const first = await reportsOf(agents.values());
    await sleep(FULL_MS);
    const last = await reportsOf(agents.values());
    await flood;
    return { during: first, after: last };
  });
  const warnings = prometheus3.log.split('\n').filter((line) => /level=(WARN|ERROR)/.test(line));
  print(`warnings of Prometheus 3.5: ${warnings.length}`);
  for (const line of warnings.slice(0, 5)) print(line);
  const rowOf = (name: string, listener: string, intervalSeconds = INTERVAL_SECONDS): Row => {
    const scrapes = countOf(after.get(listener)) - countOf(during.get(listener));
    const expected = FULL_MS / 1000 / intervalSeconds;
    return { name, said: before.get(listener)?.whileFull, scrapes, expected, seen: seenIn(scrapes, expected) };
  };
  return [
    ...ALL.map((one) => rowOf(nameOf(one), listenerOf(one), intervalOf(one))),
    rowOf('node:http, unix socket', `unix:${socketPath}`),
  ];
}

function nameOf(one: Case): string {
  const { client, protection, proxy } = one;
  const every = one.intervalSeconds === undefined ? '' : `, every ${one.intervalSeconds} s`;
  const by = { none: '', tls: ', TLS with a client certificate', password: ', password' }[protection];
  return `${client}${by}${proxy === undefined ? '' : ` through ${proxy}`}${every}`;
}

function countOf(report: ScraperReport | undefined): number {
  return report?.scrapes ?? 0;
}

/** At either end of the minute a scrape may fall on the other side: those of a quarter of it do not count. */
function seenIn(scrapes: number, expected: number): WhileFull {
  if (scrapes >= 0.75 * expected) return 'goes_on';
  return scrapes <= 0.25 * expected ? 'stops' : 'partly_stops';
}

await main();
