/** The package, as npm makes it and as npm installs it elsewhere: the program with its production dependencies alone. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROC = join(ROOT, 'test/fixtures/nodes/linux-6.18/proc');
const { version, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Errors of npm that say it reached no registry. */
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT/;

describe('the package', () => {
  it('runs where it is installed, with its production dependencies alone', { timeout: 120_000 }, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'conntrack-package-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: ROOT,
    });
    const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
    const others = files.filter(({ path }) => !path.startsWith('dist/')).map(({ path }) => path);
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);

    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    try {
      const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
      await run('npm', ['install', ...flags, `./${filename}`], { cwd: folder });
    } catch (error) {
      const { stderr } = error as { stderr: string };
      if (process.env['CI'] === 'true' || !NO_NETWORK.test(stderr)) throw error;
      process.stdout.write(`skipped: ${context.task.name}: no registry of npm is reached\n`);
      context.skip();
    }
    const installed = readdirSync(join(folder, 'node_modules'));
    expect(Object.keys(devDependencies).filter((name) => installed.includes(name))).toEqual([]);
    // The native library comes as an optional package of its own, for this platform alone.
    expect(readdirSync(join(folder, 'node_modules/@koromix'))).toHaveLength(1);

    const program = join(folder, 'node_modules/.bin/conntrack-agent');
    expect((await run(program, ['--version'], { cwd: folder })).stdout).toContain(version);
    const agent = await serve(program, folder);
    const [metrics, page] = await Promise.all(['metrics', ''].map((path) => fetch(new URL(path, agent))));
    expect(await metrics!.text()).toMatch(/^conntrack_entries \d+$/m);
    expect([page!.status, await page!.text()]).toEqual([200, expect.stringContaining('<!doctype html>')]);
  });
});

/** Where it listens. A fixture has no kernel behind it, so only what is read by path is there. */
async function serve(program: string, folder: string): Promise<string> {
  const socket = join(folder, 'agent.sock');
  const flags = ['--web.listen-address=127.0.0.1:0', `--web.socket=${socket}`, `--path.procfs=${PROC}`];
  const agent = spawn(program, ['serve', ...flags], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void agent.kill());
  let log = '';
  agent.stderr.setEncoding('utf8');
  for await (const text of agent.stderr) {
    log += text;
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(log) ?? [];
    if (port !== undefined && existsSync(socket)) return `http://127.0.0.1:${port}/`;
  }
  throw new Error(`Cannot serve: ${log}`);
}
