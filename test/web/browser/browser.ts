/** Chromium, looked through by tests. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export const EXECUTABLE = '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-lcd-text',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

export const LAPTOP = { width: 1366, height: 768 } as const;
export const PHONE = { width: 390, height: 844 } as const;

export type View = {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'dark' | 'light';
  readonly javaScriptEnabled?: boolean;
  /** For axe, which is put into the page and needs what the policy forbids. */
  readonly bypassCSP?: boolean;
  readonly timeoutMs?: number;
};

/** A page with all that it complained of. */
export type Looked = { readonly page: Page; readonly context: BrowserContext; readonly complaints: string[] };

export function launch(executablePath = EXECUTABLE, ...args: string[]): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...ARGS, ...args] });
}

export async function look(browser: Browser, url: string, { timeoutMs = 15_000, ...view }: View = {}): Promise<Looked> {
  const context = await browser.newContext({ viewport: LAPTOP, colorScheme: 'light', ...view });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url, { timeout: timeoutMs });
  return { page, context, complaints };
}

const PATIENCE_MS = 10_000;

/** Events the page has heard; the policy of the page forbids to evaluate text in it. */
export async function eventsOf(page: Page): Promise<number> {
  return Number(await page.locator('#root').getAttribute('data-event'));
}

/** Resolves once the page has heard the agent so often. */
export async function heard(page: Page, events = 2): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while ((await eventsOf(page)) < events) {
    if (performance.now() > untilMs)
      throw new Error(`Cannot see event ${events}: the page has heard ${await eventsOf(page)}`);
    await sleep(50);
  }
}

/** How high all of the page is, in CSS pixels. */
export async function heightOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollHeight');
}

/** What can be read in one part of the page, a line for each block. */
export async function linesOf(page: Page, selector: string): Promise<string> {
  const text = await page.locator(selector).innerText();
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}
