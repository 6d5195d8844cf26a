import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../simulator/child.ts';
import { needs } from '../needs.ts';
import { EXECUTABLE, eventsOf, heard, launch, linesOf, look } from '../web/browser/browser.ts';
import { load } from './flow-table.ts';
import { Agent } from './lab/agent.ts';
import { keepFull, occupy } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { withLimit } from './lab/limit.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';

const NEEDS = ['root', 'nf_conntrack', 'ip', 'nft', 'conntrack', 'chromium', 'curl'] as const;
const LIMIT = 3000;
const FULL_MS = 50_000;
const LIVE_SECONDS = 30;
const HOST = `${ADDRESS.node}:10098`;
const URL = `http://${HOST}/`;

/** The pictures are for the README; where they go is said by whoever wants them. */
const PICTURES = process.env['PAGE_PICTURES'];

describe('the status page while the table is full', () => {
  it('stays live where it was open, opens no more over TCP, and answers over the unix socket', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest({ udpTimeoutSeconds: FULL_MS / 1000 + 5 });
    const agent = await Agent.start(lab, { flags: [`--web.listen-address=${HOST}`, `--node.ip=${ADDRESS.node}`] });
    const browser = await launchIn(lab);
    const before = await look(browser, URL);
    await heard(before.page);
    const control = await look(browser, URL);
    await control.context.close();

    await withLimit(LIMIT, async () => {
      await occupy(lab, LIMIT - 20 - (await lab.entries()), { timeoutSeconds: FULL_MS / 1000 + 5 });
      const flood = keepFull(lab, FULL_MS, { perSecond: 2000 });
      await agent.logged(/alarm fires: table_full/);
      const from = await eventsOf(before.page);
      expect(await refusal(browser)).toMatch(/Timeout|ERR_CONNECTION_TIMED_OUT/);
      const answer = await run('curl', ['-sS', '--max-time', '5', '--unix-socket', agent.socketPath, 'http://agent/']);
      expect(answer).toContain('because the table is full');
      const links = new Set<string | null>();
      for (let second = 0; second < LIVE_SECONDS - 8; second += 1) {
        links.add(await before.page.locator('.link').getAttribute('class'));
        await sleep(1000);
      }
      expect([...links]).toEqual(['link live']);
      const heardMeanwhile = (await eventsOf(before.page)) - from;
      process.stdout.write(`the status page received ${heardMeanwhile} events while the table was full\n`);
      expect(heardMeanwhile).toBeGreaterThanOrEqual(LIVE_SECONDS - 4);
      expect(await linesOf(before.page, '.summary')).toMatch(
        /^CRITICAL\n[\d.]+ % full.*losing [\d,]+ packets? a second because the table is full/,
      );
      if (PICTURES) await before.page.screenshot({ path: join(PICTURES, 'real-flood.png') });
      await flood;
    });
    expect(before.complaints).toEqual([]);
    expect(await agent.stop()).toBe(0);
  });
});

describe('the status page with a flow sample', () => {
  it('names the busiest sources and destinations of the real table, with their share', async (context) => {
    needs(context, ...NEEDS);
    const lab = await labOfTest({ udpTimeoutSeconds: 600 });
    await load(lab, TRAFFIC);
    const flags = [
      `--web.listen-address=${HOST}`,
      '--collector.flows',
      '--flows.schedule=* * * * * *',
      `--node.ip=${ADDRESS.node}`,
      '--node.name=node-3',
    ];
    await Agent.start(lab, { flags });
    const { page, complaints } = await look(await launchIn(lab), URL);
    await expect.poll(() => linesOf(page, '.top-flows'), { timeout: 15_000 }).toContain('10.42.3.17');
    const text = await linesOf(page, '.top-flows');
    expect(text).toMatch(/^Who fills it\nall [\d,]+ flows, (now|\d+ s ago)/);
    for (const row of [
      /10\.42\.3\.17\s+1,500\s+(49|50)(\.\d)? %/,
      /10\.96\.0\.20:443\/tcp\s+1,500/,
      /\[fd00:96::7\]:9000\/udp\s+900/,
    ]) {
      expect(text).toMatch(row);
    }
    if (PICTURES) await page.screenshot({ path: join(PICTURES, 'real-flow-sample.png') });
    expect(complaints).toEqual([]);
  });
});

const flow = (rest: string) => `-I -t 600 ${rest}\n`;

/** 1,500 TCP flows of one source to one service, 900 of another, 600 of 600 sources to DNS. */
const TRAFFIC = [
  ...Array.from({ length: 1500 }, (_, i) =>
    flow(
      `-u SEEN_REPLY,ASSURED -s 10.42.3.17 -d 10.96.0.20 -p tcp --sport ${1024 + i} --dport 443 --state ESTABLISHED`,
    ),
  ),
  ...Array.from({ length: 900 }, (_, i) =>
    flow(`-s fd00:42::18 -d fd00:96::7 -p udp --sport ${1024 + i} --dport 9000`),
  ),
  ...Array.from({ length: 600 }, (_, i) =>
    flow(`-s 10.43.${i >> 8}.${i & 255} -d 10.96.0.10 -p udp --sport 4000 --dport 53`),
  ),
];

/** What the browser says of a page that does not come. A connection that ends gives its place to anyone, so one of two may come. */
async function refusal(browser: Browser): Promise<string> {
  for (let tries = 0; tries < 2; tries += 1) {
    const problem = await look(browser, URL, { timeoutMs: 8000 }).then(() => undefined, String);
    if (problem !== undefined) return problem;
  }
  return 'the page came twice';
}

/** Chromium beside the node, as on a person's own machine; it is steered through a pipe, which no namespace separates. */
async function launchIn(lab: Lab): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-chromium-'));
  const program = join(folder, 'chromium');
  const text = `#!/bin/sh\nexec nsenter --net=/run/netns/${lab.nameOf('peer')} -- ${EXECUTABLE} "$@"\n`;
  writeFileSync(program, text, { mode: 0o755 });
  const browser = await launch(program);
  onTestFinished(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });
  return browser;
}
