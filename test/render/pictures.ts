/**
 * `npm run pictures`: draws the dashboards, dark and light. Without --prometheus it plays a fleet of --nodes for --minutes first, so that
 * there is a past to look at.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { query } from '../../simulator/prometheus-api.ts';
import { builtPage } from './build.ts';
import { photographed } from './photograph.ts';
import { playedFleet } from './played-fleet.ts';
import { serve } from './serve.ts';

const { values } = parseArgs({
  options: {
    prometheus: { type: 'string' },
    nodes: { type: 'string', default: '400' },
    minutes: { type: 'string', default: '22' },
    scrape: { type: 'string', default: '15' },
    node: { type: 'string' },
    out: { type: 'string', default: 'out' },
    suffix: { type: 'string', default: '' },
    boards: { type: 'string', default: 'fleet,node,flows' },
    screen: { type: 'boolean', default: false },
    themes: { type: 'string', default: 'dark,light' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
});

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const HERE = fileURLToPath(new URL('.//', import.meta.url));

/** The node that is next to be full, unless one is named. */
async function nodeToLookAt(url: string): Promise<string> {
  if (values.node !== undefined) return values.node;
  const [next] = await query(
    url,
    'bottomk(1, conntrack_time_to_full_seconds > 0) or topk(1, conntrack_entries_peak / conntrack_entries_limit)',
  );
  if (next === undefined) throw new Error(`Cannot find a node in ${url}: does it scrape agents, with the label node?`);
  return next.labels['node']!;
}

if (!existsSync(join(HERE, 'dist'))) await builtPage();
await mkdir(values.out, { recursive: true });
await using fleet =
  values.prometheus === undefined ? await playedFleet(Number(values.nodes), Number(values.minutes)) : undefined;
const prometheus = values.prometheus ?? fleet!.url;
const { server, url } = await serve();
const browser = await chromium.launch({ executablePath: values.chromium, args: CHROMIUM_ARGS });
try {
  const node = await nodeToLookAt(prometheus);
  for (const board of values.boards.split(',')) {
    for (const theme of values.themes.split(',')) {
      const question = {
        prometheus,
        dashboard: `conntrack-${board}`,
        theme,
        minutes: values.minutes,
        scrape: values.scrape,
      };
      const file = join(values.out, `${[board, values.suffix, theme].filter(Boolean).join('-')}.png`);
      await photographed(
        browser,
        `${url}/?${new URLSearchParams(board === 'node' ? { ...question, node } : question)}`,
        file,
        values.screen,
      );
      console.log(file);
    }
  }
} finally {
  await browser.close();
  server.close();
}
