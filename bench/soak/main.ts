/**
 * `npm run soak -- [--minutes 60] [--flood-every 5] [--out .report/soak]`, as root: the built agent in a namespace of the real
 * kernel, with TLS, a password and flow samples, asked and disturbed for an hour. Puts the machine's nf_conntrack_max back.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Agent } from '../../test/kernel/lab/agent.ts';
import { keepFull, occupy } from '../../test/kernel/lab/flood.ts';
import { withLimit } from '../../test/kernel/lab/limit.ts';
import { ADDRESS, createLab, type Lab } from '../../test/kernel/lab/namespaces.ts';
import { footprintOf, PASSWORD, RestartedAlertmanager, WebConfig } from './environment.ts';
import { type Footprint, memoryPicture, slopePerHour, tableText } from './report.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRAPER = fileURLToPath(new URL('scraper.ts', import.meta.url));
const LIMIT = 3000;
const FLOOD_SECONDS = 20;
const RENEW_SECONDS = 60;
const LOOK_SECONDS = 5;
/** What an alarm needs to resolve, with some to spare. */
const RESOLVE_SECONDS = 200;
const SLOPE_MAX = 0.1;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    'flood-every': { type: 'string', default: '5' },
    out: { type: 'string', default: join(ROOT, '.report', 'soak') },
  },
});
const [seconds, floodEvery] = [Number(values.minutes) * 60, Number(values['flood-every']) * 60];
const folder = mkdtempSync(join(tmpdir(), 'conntrack-soak-'));

async function soak(lab: Lab) {
  const web = new WebConfig(folder);
  const alertmanager = await RestartedAlertmanager.start(lab, folder);
  const url = `https://${ADDRESS.node}:10098`;
  const agent = await Agent.start(lab, {
    flags: [
      `--web.listen-address=${ADDRESS.node}:10098`,
      `--node.ip=${ADDRESS.node}`,
      `--web.config.file=${web.path}`,
      `--alertmanager.url=http://${ADDRESS.peer}:9093`,
      '--collector.flows',
      '--flows.schedule=*/5 * * * * *',
    ],
  });
  const early = new AbortController();
  agent.ended().catch((error) => early.abort(error));
  const pause = (ms: number) =>
    sleep(Math.max(0, ms), undefined, { signal: early.signal }).catch(() => {
      throw early.signal.reason;
    });
  const auth = `${PASSWORD.user}:${PASSWORD.password}`;
  const scraper = lab.spawnIn('peer', process.execPath, ['--import', 'tsx', SCRAPER, url, '8', '50', '2', auth], {
    cwd: ROOT,
  });
  await scraper.waitFor(/^\{/m, { timeoutMs: 30_000 });
  const startMs = performance.now();
  const now = () => (performance.now() - startMs) / 1000;
  const footprints: Footprint[] = [];
  let [isFlooded, floods, isOver] = [false, 0, false];

  const looking = every(LOOK_SECONDS, () => {
    if (!early.signal.aborted) footprints.push({ seconds: now(), ...footprintOf(agent.pid!), isFlooded });
  });
  const renewing = every(RENEW_SECONDS, () => web.renew());
  const restarting = (async () => {
    while (!isOver) {
      await waitFor(30 + Math.random() * 240, () => isOver);
      if (!isOver) await alertmanager.restart();
    }
  })();
  try {
    for (let at = Math.min(60, floodEvery); at + FLOOD_SECONDS + RESOLVE_SECONDS <= seconds; at += floodEvery) {
      await pause((at - now()) * 1000);
      isFlooded = true;
      floods += 1;
      await withLimit(LIMIT, async () => {
        await occupy(lab, LIMIT - 50 - (await lab.entries()), { timeoutSeconds: FLOOD_SECONDS + 5 });
        await keepFull(lab, FLOOD_SECONDS * 1000, { perSecond: 2000 });
      });
      isFlooded = false;
    }
    await pause((seconds - now()) * 1000);
  } finally {
    isOver = true;
    for (const end of [looking, renewing]) end();
  }
  await restarting;
  await scraper.stop();
  const counts = JSON.parse(scraper.stdout.trim().split('\n').at(-1)!);
  const { told } = alertmanager;
  const errors = agent.log.split('\n').filter((line) => /"level":"error"/.test(line));
  const code = await agent.stop();
  return { footprints, floods, counts, told, errors, code, renewals: web.renewals, restarts: alertmanager.restarts };
}

function every(intervalSeconds: number, run: () => void): () => void {
  const timer = setInterval(run, intervalSeconds * 1000);
  return () => clearInterval(timer);
}

async function waitFor(most: number, isOver: () => boolean): Promise<void> {
  for (let left = most; left > 0 && !isOver(); left -= 1) await sleep(1000);
}

function report(seen: Awaited<ReturnType<typeof soak>>): boolean {
  const { footprints, floods, counts, told, errors, code, renewals, restarts } = seen;
  const warmUp = Math.min(600, seconds / 3);
  const warmedUp = footprints.filter((footprint) => footprint.seconds >= warmUp);
  const slope = slopePerHour(footprints, warmUp);
  const full = [...told].filter(([incident]) => incident.startsWith('ConntrackTableFull '));
  const onceEach = [...told.values()].every(({ firing, resolved }) => firing === 1 && resolved <= 1);
  const open = (footprint: Footprint | undefined) => footprint?.descriptors ?? Number.NaN;
  const rows = [
    {
      what: 'minutes, floods, renewals, restarts of Alertmanager',
      seen: `${(seconds / 60).toFixed(0)}, ${floods}, ${renewals}, ${restarts}`,
      wanted: '',
      isMet: true,
    },
    {
      what: 'scrapes asked, answered, lost',
      seen: `${counts.asked}, ${counts.answered}, ${counts.lost} ${JSON.stringify(counts.reasons)}`,
      wanted: '0 lost',
      isMet: counts.lost === 0,
    },
    {
      what: 'connections of the 8 scrapers',
      seen: `${counts.connections}`,
      wanted: '8',
      isMet: counts.connections === 8,
    },
    {
      what: 'events over the 2 streams, times opened',
      seen: `${counts.events}, ${counts.streamsOpened}`,
      wanted: '',
      isMet: true,
    },
    { what: 'p99 of a scrape in the last 10 s, ms', seen: `${counts.p99?.toFixed(1)}`, wanted: '', isMet: true },
    {
      what: 'memory after the warm-up, MB: lowest, highest',
      seen: `${Math.min(...warmedUp.map(({ mb }) => mb)).toFixed(1)}, ${Math.max(...warmedUp.map(({ mb }) => mb)).toFixed(1)}`,
      wanted: '',
      isMet: true,
    },
    {
      what: 'slope of memory, MB an hour',
      seen: slope.toFixed(2),
      wanted: `below ${SLOPE_MAX}`,
      isMet: slope < SLOPE_MAX,
    },
    {
      what: 'descriptors after the warm-up and at the end',
      seen: `${open(warmedUp[0])}, ${open(warmedUp.at(-1))}`,
      wanted: 'no more',
      isMet: open(warmedUp.at(-1)) <= open(warmedUp[0]) + 1,
    },
    {
      what: 'incidents of a full table that people were told of',
      seen: `${full.length}`,
      wanted: `${floods}`,
      isMet: full.length === floods,
    },
    {
      what: 'incidents told more than once, all alerts',
      seen:
        `${[...told].filter(([, { firing, resolved }]) => firing > 1 || resolved > 1).map(([incident]) => incident)}` ||
        'none',
      wanted: 'none',
      isMet: onceEach,
    },
    { what: 'errors in the log', seen: `${errors.length}`, wanted: '0', isMet: errors.length === 0 },
    { what: 'exit code', seen: `${code}`, wanted: '0', isMet: code === 0 },
  ];
  mkdirSync(values.out, { recursive: true });
  const text = `${tableText(rows)}\n`;
  writeFileSync(join(values.out, 'report.md'), text + errors.map((line) => `\n${line}`).join(''));
  writeFileSync(join(values.out, 'memory.svg'), memoryPicture(footprints));
  process.stdout.write(text);
  return rows.every(({ isMet }) => isMet);
}

const lab = await createLab({ udpTimeoutSeconds: 5 });
try {
  process.exitCode = report(await soak(lab)) ? 0 : 1;
} finally {
  await lab.dispose();
  rmSync(folder, { recursive: true, force: true });
}
