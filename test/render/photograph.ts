/** One page, whole, as a PNG; small where pngquant is installed. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';

const WIDTH = 1600;
const DRAWN_MS = 120_000;
const COLOURS = 192;

/** What is seen of it on a screen of 1080 lines, with what the browser and Grafana take of them. */
const SCREEN_HEIGHT = 892;

/** @param isScreen the first screen alone */
export async function photographed(browser: Browser, url: string, file: string, isScreen: boolean): Promise<void> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 } });
  const thrown: string[] = [];
  page.on('pageerror', ({ message }) => thrown.push(message));
  try {
    await page.goto(url);
    await page.waitForFunction(() => window.drawn || window.failed, undefined, { timeout: DRAWN_MS });
    const failed = await page.evaluate(() => window.failed);
    if (failed !== undefined || thrown.length > 0)
      throw new Error(`Cannot draw "${url}": ${[failed, ...thrown].join('\n')}`);
    // Panels outside of the window are drawn when it has grown to hold them.
    const height = isScreen ? SCREEN_HEIGHT : await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: WIDTH, height });
    await page.waitForTimeout(500);
    await page.screenshot({ path: file });
  } finally {
    await page.close();
  }
  await quantised(file);
}

async function quantised(file: string): Promise<void> {
  try {
    await promisify(execFile)('pngquant', [
      '--force',
      '--skip-if-larger',
      '--strip',
      '--output',
      file,
      String(COLOURS),
      file,
    ]);
  } catch (error) {
    console.error(`${file} is as Chromium wrote it: ${(error as Error).message.split('\n')[0]}`);
  }
}
