import { readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Child } from '../../simulator/child.ts';
import { query } from '../../simulator/prometheus-api.ts';
import { temporaryFolder } from '../alertmanager/authority.ts';
import { needs } from '../needs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function startDemo(env: NodeJS.ProcessEnv = process.env): Child {
  const demo = new Child(process.execPath, ['--import', 'tsx', 'simulator/demo.ts', '--port=0'], { cwd: ROOT, env });
  onTestFinished(async () => void (await demo.stop()));
  return demo;
}

const foldersOfDemos = () => readdirSync(tmpdir()).filter((name) => name.startsWith('conntrack-demo-'));

async function isAnswered(url: string): Promise<boolean> {
  return (await fetch(url).catch(() => undefined))?.ok ?? false;
}

describe('npm run demo', () => {
  it('has everything at one address, sends notifications, and leaves nothing behind', {
    timeout: 180_000,
  }, async (context) => {
    needs(context, 'prometheus', 'prometheus-alertmanager');
    const before = foldersOfDemos();
    const demo = startDemo();
    const [, base] = await demo.waitFor(/^(http:\S+) has everything/, { timeoutMs: 60_000 });
    const page = await (await fetch(base!)).text();
    const links = Array.from(page.matchAll(/href="([^"]+)"/g), ([, href]) => new URL(href!, `${base}/`));
    expect(links).toHaveLength(3 + 12);
    for (const link of links) expect([link.href, await isAnswered(link.href)]).toEqual([link.href, true]);
    const prometheus = links[0]!.origin;
    await expect
      .poll(async () => (await query(prometheus, 'sum(up)'))[0]?.value, { timeout: 60_000 })
      .toBeGreaterThanOrEqual(12);
    await demo.waitFor(/^\d\d:\d\d:\d\d critical firing +Node node-\d+ drops new connections/m, { timeoutMs: 60_000 });

    const { code } = await demo.stop('SIGINT', 20_000);
    expect(code).toBe(0);
    expect(await Promise.all([base!, prometheus, links[2]!.origin].map(isAnswered))).toEqual([false, false, false]);
    expect(foldersOfDemos()).toEqual(before);
  });

  it('says how to install what is missing', { timeout: 60_000 }, async (context) => {
    needs(context, 'setpriv');
    const folder = temporaryFolder();
    symlinkSync('/usr/bin/setpriv', join(folder, 'setpriv')); // Which starts it.
    const demo = startDemo({ PATH: folder });
    expect((await demo.exited).code).toBe(1);
    expect(demo.stderr).toMatch(/^Cannot find "prometheus" and "alertmanager": not in any folder of PATH$/m);
    expect(demo.stderr).toContain('apt-get install');
  });
});
