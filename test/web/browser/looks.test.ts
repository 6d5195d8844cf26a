import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import type { AgentView } from '../../../src/web/routes/agent-view.ts';
import { needs } from '../../needs.ts';
import { STATUS } from '../sample-status.ts';
import { serve } from '../serving.ts';
import { heard, heightOf, LAPTOP, launch, look, PHONE, type View } from './browser.ts';
import { SCENES } from './scenes.ts';
import { type Scene, simulatedAgent } from './simulated-agent.ts';

let browser: Promise<Browser> | undefined;
afterAll(async () => (await browser)?.close());

const AXE = readFileSync(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

async function shown(context: TestContext, agent: AgentView, view: View = {}) {
  needs(context, 'chromium');
  browser ??= launch();
  const { base } = await serve(agent);
  const looked = await look(await browser, base, view);
  onTestFinished(() => looked.context.close());
  await heard(looked.page);
  return looked;
}

/** Scenes in which the trouble comes late. */
const END_OF_THE_HOUR: ReadonlySet<string> = new Set(['flood', 'lowered']);

/** More than that, and something is one word wide. */
const SCREENS_OF_A_PHONE = 4;

const scenes = Object.entries<Scene>(SCENES);

describe('the page', () => {
  it.for(scenes)(
    'has summary, usage, losses and who fills it on one screen of a laptop, all in one column of a phone, and axe finds no fault, dark or light: %s',
    async ([name, scene], context) => {
      const agent = simulatedAgent(scene, END_OF_THE_HOUR.has(name) ? 3600 : 1200);
      const laptop = await shown(context, agent, { viewport: LAPTOP, colorScheme: 'light', bypassCSP: true });
      expect(await bottomOfFlows(laptop.page)).toBeLessThanOrEqual(LAPTOP.height);
      expect(await faultsOf(laptop.page)).toEqual([]);
      const phone = await shown(context, agent, { viewport: PHONE, colorScheme: 'dark', bypassCSP: true });
      const { rights, lefts } = await edgesOf(phone.page);
      expect(Math.max(...rights)).toBeLessThanOrEqual(PHONE.width);
      expect(new Set(lefts).size).toBe(1);
      expect(await heightOf(phone.page)).toBeLessThanOrEqual(SCREENS_OF_A_PHONE * PHONE.height);
      expect(await faultsOf(phone.page)).toEqual([]);
      expect([...laptop.complaints, ...phone.complaints]).toEqual([]);
    },
  );

  it('would be found fault with: axe sees a picture without words', async (context) => {
    const { page } = await shown(context, simulatedAgent(SCENES.healthy, 60), { bypassCSP: true });
    // At once, for the next second brings the words back.
    const remove = 'document.querySelector("#plot").removeAttribute("aria-label")';
    expect((await faultsOf(page, remove)).map(([id]) => id)).toEqual(['role-img-alt']);
  });

  it('shows whatever it is told as text, be it the name of the node, an address or the words of an error', async (context) => {
    const status = hostileStatus();
    const { page, complaints } = await shown(context, { ...simulatedAgent(SCENES.healthy, 60), status: () => status });
    const text = await page.locator('body').innerText();
    expect(text.split(EVIL).length - 1).toBeGreaterThanOrEqual(15);
    expect(await page.locator('h1').innerText()).toBe(EVIL);
    expect(await page.locator('#root img, #root svg, #root script, #root iframe').count()).toBe(0);
    expect(await page.locator('.alarms a').getAttribute('href')).toBeNull();
    expect(complaints).toEqual([]);
  });
});

type Found = { readonly violations: readonly { readonly id: string; readonly nodes: readonly { html: string }[] }[] };

/** Where the sections of losses and of who fills the table end, side by side: the last of the first screen. */
async function bottomOfFlows(page: Page): Promise<number> {
  return page.evaluate('document.querySelector("main > .top-flows").getBoundingClientRect().bottom');
}

/** What axe finds fault with, and where. */
async function faultsOf(page: Page, first = ''): Promise<[rule: string, where: string[]][]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<Found>(`${first}; axe.run(document, { resultTypes: ["violations"] })`);
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}

/** Right edges of everything, left edges of the sections. */
async function edgesOf(page: Page): Promise<{ rights: number[]; lefts: number[] }> {
  const of = (selector: string, edge: string) =>
    page.evaluate<number[]>(
      `[...document.querySelectorAll("${selector}")].map((one) => one.getBoundingClientRect().${edge})`,
    );
  return { rights: await of('body *', 'right'), lefts: await of('main > section', 'left') };
}

const EVIL = `"><img src=x onerror="console.error('run')"><script>console.error('run')</script>`;

/** Every text an attacker might have a hand in, and many nobody has. */
function hostileStatus(): AgentView extends { status(): infer S } ? S : never {
  const topAddress = { address: EVIL, flows: 5, share: 0.5, low: 0.4, high: 0.6 };
  const problem = { message: EVIL, remedy: EVIL };
  const cause = {
    label: EVIL,
    sentence: EVIL,
    remedy: [EVIL],
    perSecond: 1,
    lastMinute: 60,
    lastHour: 60,
    isAboveBaseline: true,
  };
  return {
    ...STATUS,
    node: EVIL,
    agent: { version: EVIL, revision: EVIL },
    summary: { level: 'no_data', text: EVIL },
    losses: {
      causes: [
        { id: 'table_full', ...cause },
        { id: 'insert_failures', ...cause },
      ],
    },
    alarms: [
      {
        alarm: EVIL,
        alertname: EVIL,
        severity: 'critical',
        label: EVIL,
        summary: EVIL,
        forSeconds: 60,
        isResolving: false,
        runbookUrl: 'javascript:console.error("run")',
      },
    ],
    netns: { inHostNetns: true, why: EVIL },
    sources: [{ source: 'entries', via: EVIL, up: false, durationSeconds: 1, problem }],
    flowSample: {
      state: 'taken',
      ageSeconds: 1,
      read: 10,
      isComplete: true,
      problem,
      sources: [topAddress, topAddress, topAddress],
      destinations: [topAddress, topAddress, topAddress],
      timeouts: [{ ...topAddress, timeout: EVIL, seconds: 30, shorterSeconds: 10 }],
    },
    newFlows: { state: 'waiting', problem },
  };
}
