import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { serve } from './serve.ts';

const { values } = parseArgs({
  options: {
    prometheus: { type: 'string' },
    out: { type: 'string', default: 'out' },
    minutes: { type: 'string', default: '30' },
    scrape: { type: 'string', default: '15' },
    node: { type: 'string', default: '' },
    to: { type: 'string', default: '' },
    suffix: { type: 'string', default: '' },
    boards: { type: 'string', default: 'fleet,node,flows' },
    themes: { type: 'string', default: 'dark,light' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
});

const WIDTH = 1600;

async function picture(browser: Browser, base: string, board: string, theme: string): Promise<string> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 } });
  const noise: string[] = [];
  page.on('pageerror', (error) => noise.push(error.message));
  const query = new URLSearchParams({
    prometheus: values.prometheus!,
    dashboard: `conntrack-${board}`,
    theme,
    minutes: values.minutes,
    scrape: values.scrape,
  });
  if (values.node !== '' && board === 'node') query.set('node', values.node);
  if (values.to !== '') query.set('to', values.to);
  await page.goto(`${base}/?${query}`);
  await page
    .waitForFunction(() => window.drawn || window.failed, undefined, { timeout: 120_000 })
    .catch((error: Error) => noise.push(error.message));
  const failed = await page.evaluate(() => window.failed);
  if (failed !== undefined || noise.length > 0)
    console.error(`Cannot draw "${board}": ${failed ?? ''}\n${noise.join('\n')}`);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: WIDTH, height });
  await page.waitForTimeout(500);
  const file = join(values.out, `${board}${values.suffix}-${theme}.png`);
  await page.screenshot({ path: file });
  await page.close();
  return file;
}

await mkdir(values.out, { recursive: true });
const { server, url } = await serve();
const browser = await chromium.launch({
  executablePath: values.chromium,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
});
for (const board of values.boards.split(','))
  for (const theme of values.themes.split(',')) console.log(await picture(browser, url, board, theme));
await browser.close();
server.close();
