import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { FakeNode, type FakeNodeOptions } from '../../fake-node.ts';
import { needs } from '../../needs.ts';
import { Program } from '../../program.ts';
import { eventsOf, heard, launch, linesOf, look } from './browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'conntrack-page-'));
let browser: Promise<Browser> | undefined;
afterAll(async () => {
  await (await browser)?.close();
  rmSync(folder, { recursive: true });
});

const LIMIT = 200_000;
const PATIENCE = { timeout: 15_000, interval: 50 };
let sockets = 0;

function flagsFor(node: FakeNode, address = '127.0.0.1:0'): string[] {
  sockets += 1;
  const socket = join(folder, `${sockets}.sock`);
  return [
    `--path.procfs=${node.procRoot}`,
    `--web.listen-address=${address}`,
    `--web.socket=${socket}`,
    '--node.name=node-7',
  ];
}

/** A node, the built agent on it, and its page, all gone when the test is over. */
async function opened(context: TestContext, options: FakeNodeOptions = {}) {
  needs(context, 'chromium');
  browser ??= launch();
  const node = await FakeNode.create({ limit: LIMIT, entries: 20_000, counters: [{}, {}], ...options });
  const program = new Program(flagsFor(node));
  const url = await program.url();
  const looked = await look(await browser, url);
  onTestFinished(async () => {
    await looked.context.close();
    await program.stop();
    await node.dispose();
  });
  await heard(looked.page);
  return { node, program, url, ...looked };
}

/** The page's texts by the id of their element. */
const shows = (page: Page, texts: Readonly<Record<string, string>>) =>
  expect
    .poll(async () => {
      const seen = Object.keys(texts).map(async (id) => [id, await page.locator(`#${id}`).textContent()]);
      return Object.fromEntries(await Promise.all(seen));
    }, PATIENCE)
    .toEqual(texts);

const says = (page: Page, pattern: RegExp) => expect.poll(() => linesOf(page, '.summary'), PATIENCE).toMatch(pattern);

describe('the page of a running agent', () => {
  it('shows each number as the node was told to have it, and goes on by itself', async (context) => {
    const { node, page, complaints } = await opened(context);
    await shows(page, { usage: '10 %', entries: '20,000', limit: '200,000', peak: '20,000 entries' });
    for (const entries of [31_000, 45_678, 150_001]) {
      node.set({ entries });
      const usage = `${Math.floor(entries / 200) / 10} %`;
      await shows(page, {
        usage,
        entries: entries.toLocaleString('en'),
        peak: `${entries.toLocaleString('en')} entries`,
      });
    }
    node.set({ entries: 5000 });
    await shows(page, { usage: '2.5 %', entries: '5,000', peak: '150,001 entries' });
    const events = await eventsOf(page);
    await expect.poll(() => eventsOf(page), PATIENCE).toBeGreaterThan(events + 1);
    expect(complaints).toEqual([]);
  });

  it('sees a leak, and when the table will be full', async (context) => {
    const { node, page } = await opened(context, { entries: 60_000 });
    const until = performance.now() + 40_000;
    const text = page.locator('.summary .sentence');
    for (let entries = 60_000; performance.now() < until; entries += 100) {
      node.set({ entries });
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (/full in about/.test((await text.textContent()) ?? '')) break;
    }
    await says(page, /^OK\n3\d(\.\d)? % full, full in about \d+ min, losing nothing/);
    expect(await page.locator('#growth').textContent()).toMatch(/^\+\d+ entries\/s$/);
    expect(await page.locator('#full-in').textContent()).toMatch(/^about \d+ min$/);
    expect(await page.locator('#plot').getAttribute('aria-label')).toMatch(
      /full in about \d+ min at the present growth$/,
    );
  }, 60_000);

  it('catches a burst that is over before anybody looks', async (context) => {
    const { node, page } = await opened(context);
    node.set({ entries: 180_000 });
    await new Promise((resolve) => setTimeout(resolve, 350));
    node.set({ entries: 20_000 });
    await shows(page, { entries: '20,000', peak: '180,000 entries' });
    await expect.poll(() => page.locator('#above-75').textContent(), PATIENCE).toMatch(/^[12] s, [\d.]+ %$/);
    expect(await page.locator('#above-95').textContent()).toBe('never');
  });

  it('counts a flood by cause and has the runbook of each alarm', async (context) => {
    const { node, page } = await opened(context);
    node.set({
      entries: LIMIT,
      counters: [
        { drop: 700, early_drop: 30 },
        { drop: 300, insert_failed: 20, invalid: 4 },
      ],
    });
    await shows(page, {
      'lost-table_full-minute': '980',
      'lost-table_full-hour': '980',
      'lost-evicted-minute': '30',
      'lost-insert_failures-minute': '20',
      'lost-invalid_packets-minute': '4',
    });
    await says(page, /^CRITICAL\n100 % full, losing \d+ packets a second because the table is full/);
    const alarm = page.locator('.alarms a').first();
    expect(await alarm.textContent()).toBe('ConntrackTableFull runbook');
    expect(await alarm.getAttribute('href')).toMatch(/^https:.*\/docs\/runbooks\/ConntrackTableFull\.md$/);
    const rows = page.locator('.losses .above-baseline');
    expect(await rows.count()).toBe(3);
    expect(await rows.first().innerText()).toContain('Make headroom: a higher limit');
  });

  it('says in its largest letters that there is no data, why, and what to do', async (context) => {
    const { node, page } = await opened(context);
    node.write('sys/net/netfilter/nf_conntrack_count', 'many\n');
    await says(
      page,
      /^NO DATA\nNo data: the number of entries cannot be read\nCannot parse .*nf_conntrack_count": it says "many"/,
    );
    await shows(page, { usage: '–', entries: '–', limit: '200,000' });
    const sizes = await page.evaluate<[string, number][]>(
      '[...document.querySelectorAll("#root *")].map((one) => [one.className, parseFloat(getComputedStyle(one).fontSize)])',
    );
    const [largest] = sizes.toSorted((a, b) => b[1] - a[1]);
    expect(largest?.[0]).toBe('sentence');
    node.set({ entries: 7000 });
    await says(page, /^OK\n3\.5 % full/);
  });

  it('says that there is no connection tracking, and finds it when it comes', async (context) => {
    const { node, page } = await opened(context);
    node.unloadModule();
    await says(page, /No connection tracking here: the kernel module is not loaded/);
    expect(await page.locator('.sources .absent').count()).toBe(5);
    node.loadModule();
    node.set({ entries: 4000 });
    await says(page, /^OK\n2 % full/);
  });

  it('sees the limit lowered under what the table holds', async (context) => {
    const { node, page } = await opened(context, { entries: 60_000 });
    node.set({ limit: 50_000 });
    await says(page, /^CRITICAL\n120 % full: above its limit, (evicting, )?nothing dropped yet/);
    await shows(page, { usage: '120 %', limit: '50,000', 'full-in': 'full now' });
  });

  it('says how to turn the flow sample on', async (context) => {
    const { page } = await opened(context);
    const text = await linesOf(page, '.top-flows');
    expect(text).toContain('The flow sample is off. Start the agent with --collector.flows; it takes CAP_NET_ADMIN');
  });

  it('says that it has lost its agent, greys its numbers, and comes back when the agent does', async (context) => {
    const { node, program, url, page } = await opened(context);
    await program.stop();
    await says(page, /^NO DATA\nThe agent has not answered for \d+ s\nBefore that: 10 % full/);
    expect(await page.locator('.page.stale').count()).toBe(1);
    expect(await page.title()).toBe('No data · node-7');
    await expect.poll(() => page.locator('.usage .age').textContent(), PATIENCE).toMatch(/^\d+ s ago$/);
    node.set({ entries: 30_000 });
    const again = new Program(flagsFor(node, url.replace('http://', '')));
    onTestFinished(async () => void (await again.stop()));
    await says(page, /^OK\n15 % full/);
    expect(await page.locator('.page.stale').count()).toBe(0);
  });

  it('shows the seconds under a pointer and under the arrow keys', async (context) => {
    const { page } = await opened(context);
    await heard(page, 4);
    await page.locator('#plot').focus();
    await page.keyboard.press('End');
    const readout = page.locator('#readout');
    await expect
      .poll(() => readout.textContent(), PATIENCE)
      .toMatch(/^\d\d:\d\d:\d\d UTC: 20,000 entries, peak 20,000$/);
  });

  it('is whole without JavaScript', async (context) => {
    needs(context, 'chromium');
    browser ??= launch();
    await using node = await FakeNode.create({ limit: LIMIT, entries: 164_000, counters: [{}] });
    await using program = new Program(flagsFor(node));
    const { page, context: window } = await look(await browser, await program.url(), { javaScriptEnabled: false });
    onTestFinished(() => window.close());
    expect(await linesOf(page, '.summary')).toMatch(/^OK\n82 % full, trend not known yet/);
    expect(await page.locator('#usage').innerText()).toBe('82 %');
    expect(await page.locator('body').innerText()).toContain('without JavaScript it does not update itself');
  });
});
