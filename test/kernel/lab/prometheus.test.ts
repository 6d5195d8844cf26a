import { describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../needs.ts';
import { occupy } from './flood.ts';
import { labOfTest } from './lab-of-test.ts';
import { withLimit } from './limit.ts';
import { ADDRESS } from './namespaces.ts';
import { Prometheus } from './prometheus.ts';

const PORT = 7_000;

/** Node's default idle timeout of 5 s is longer than the interval of the scrapes: one connection serves them all. */
const EXPORTER = `require('http').createServer((_, answer) => answer.setHeader('Content-Type', 'text/plain').end('up_to 1\\n'))
  .listen(Number(process.argv[1]), '0.0.0.0', () => console.log('listening'));`;

describe('Prometheus', () => {
  it('scrapes across the veth over an open connection and answers queries while the table is full', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft', 'conntrack', 'prometheus');
    const lab = await labOfTest();
    const target = lab.spawnIn('node', process.execPath, ['-e', EXPORTER, String(PORT)]);
    await target.waitFor(/^listening$/m);
    const prometheus = await Prometheus.start(lab, { config: scrapeConfig(`${ADDRESS.node}:${PORT}`) });
    onTestFinished(() => prometheus.stop());
    const scrapes = async () => (await prometheus.query('up[5m]')).flatMap(({ samples }) => samples);
    await expect.poll(async () => (await scrapes()).length, { timeout: 20_000, interval: 500 }).toBeGreaterThan(0);

    await withLimit(1_000, async () => {
      await occupy(lab, 1_000 - (await lab.entries()));
      const before = (await scrapes()).length;
      await expect.poll(async () => (await scrapes()).length, { timeout: 20_000 }).toBeGreaterThan(before + 2);
      expect((await scrapes()).map(({ value }) => value)).not.toContain(0);
    });
  });
});

function scrapeConfig(target: string): string {
  const job = { job_name: 'node', static_configs: [{ targets: [target] }] };
  return JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: [job] });
}
