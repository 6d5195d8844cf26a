import { execFileSync, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, lstatSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { healthcheck } from '../../../src/cli/healthcheck.ts';
import type { AgentView } from '../../../src/web/routes/agent-view.ts';
import { needs } from '../../needs.ts';
import { RawConnection, sleep } from '../raw-connection.ts';
import { type Serving, serve, TEXT_TYPE } from '../serving.ts';

const CHECK_MS = 40;
const PATIENT = { timeout: 10_000 };

async function serveOnSocket(
  view: Partial<AgentView> = {},
): Promise<Serving & { readonly path: string; readonly news: () => string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'socket-listener-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'run', 'agent.sock');
  const serving = await serve(view, { socketPath: path, socketCheckMs: CHECK_MS, stopMs: 10_000 });
  const before = serving.lines.length;
  const news = () => serving.lines.slice(before).map(({ level, message }) => `${level}: ${message}`);
  return { ...serving, path, news };
}

const isHealthy = async (path: string) => (await healthcheck(path, 900)).exitCode === 0;
const lost = (path: string) =>
  `warn: The socket file "${path}" was removed or replaced: healthcheck cannot find this agent`;
const back = (path: string) => `info: Listening on "unix:${path}" again`;

/** Another process's, which answers nothing. */
async function otherServerAt(path: string): Promise<Server> {
  const other = createServer((socket) => void socket.on('error', () => undefined));
  other.listen(path);
  await once(other, 'listening');
  return other;
}

describe('SocketListener', () => {
  it('makes a socket file anew that was removed, and says so once', async () => {
    const { path, news } = await serveOnSocket();
    for (let times = 1; times <= 3; times += 1) {
      rmSync(path);
      await expect.poll(() => isHealthy(path), PATIENT).toBe(true);
      await expect.poll(news, PATIENT).toHaveLength(2 * times);
    }
    await sleep(3 * CHECK_MS);
    expect(news()).toEqual(Array.from({ length: 3 }, () => [lost(path), back(path)]).flat());
    expect((lstatSync(path).mode & 0o777).toString(8)).toBe('660');
  });

  it('makes its folder anew too', async () => {
    const { path, news } = await serveOnSocket();
    rmSync(dirname(path), { recursive: true });
    await expect.poll(() => isHealthy(path), PATIENT).toBe(true);
    await expect.poll(news, PATIENT).toEqual([lost(path), back(path)]);
  });

  it('goes on trying where that cannot be done, and says why once', async () => {
    const { path, news } = await serveOnSocket();
    renameSync(dirname(path), `${dirname(path)}.away`);
    writeFileSync(dirname(path), 'no folder');
    await expect.poll(news, PATIENT).toHaveLength(2);
    await sleep(5 * CHECK_MS);
    expect(news()).toEqual([lost(path), expect.stringMatching(/^warn: trying again until .*: Cannot listen on /)]);
    rmSync(dirname(path));
    await expect.poll(() => isHealthy(path), PATIENT).toBe(true);
    await expect.poll(() => news().at(-1), PATIENT).toBe(back(path));
  });

  it('is there again after something was mounted over its folder, was read-only, and was unmounted', async (context) => {
    needs(context, 'root', 'mount');
    const { path, news, stop } = await serveOnSocket();
    const folder = dirname(path);
    const mount = (...args: string[]) => execFileSync('mount', [...args, folder]);
    mount('-t', 'tmpfs', 'tmpfs'); // Over the folder, so that the file is hidden.
    onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
    await expect.poll(() => isHealthy(path), PATIENT).toBe(true);
    await expect.poll(news, PATIENT).toEqual([lost(path), back(path)]);
    rmSync(path);
    mount('-o', 'remount,bind,ro');
    await expect.poll(news, PATIENT).toHaveLength(4);
    await sleep(3 * CHECK_MS);
    const readOnly = `warn: trying again until the socket file can be made: Cannot listen on "${path}": permission denied`;
    expect(news().slice(2)).toEqual([lost(path), readOnly]);
    mount('-o', 'remount,bind,rw');
    await expect.poll(() => isHealthy(path), PATIENT).toBe(true);
    execFileSync('umount', ['--lazy', folder]);
    await expect.poll(news, PATIENT).toHaveLength(7);
    expect(await isHealthy(path)).toBe(true);
    await stop();
  });

  it("leaves another agent's socket alone in its place, until that agent is gone", async () => {
    const { path, news } = await serveOnSocket();
    rmSync(path);
    const other = await otherServerAt(path);
    await expect.poll(news, PATIENT).toHaveLength(2);
    const { ino } = lstatSync(path);
    await sleep(5 * CHECK_MS);
    expect(lstatSync(path).ino).toBe(ino);
    const taken = `warn: trying again until the socket file can be made: Cannot listen on "${path}": another process is listening there`;
    expect(news()).toEqual([lost(path), taken]);
    other.close();
    await expect.poll(() => isHealthy(path), PATIENT).toBe(true);
    await expect.poll(() => news().slice(2), PATIENT).toEqual([back(path)]);
  });

  it('leaves a file alone that is not a socket', async () => {
    const { path, news } = await serveOnSocket();
    rmSync(path);
    writeFileSync(path, 'precious');
    await expect.poll(news, PATIENT).toHaveLength(2);
    await sleep(3 * CHECK_MS);
    expect([readFileSync(path, 'utf8'), news().length]).toEqual(['precious', 2]);
  });

  it('has the answer that is under way arrive on the old socket', async () => {
    const opening = new EventEmitter();
    const exposition = async () => {
      await once(opening, 'open');
      return { contentType: TEXT_TYPE, body: 'up 1\n' };
    };
    const { path } = await serveOnSocket({ exposition });
    const client = await RawConnection.open({ path });
    const answered = client.get('/metrics');
    rmSync(path);
    await expect.poll(() => isHealthy(path), PATIENT).toBe(true);
    opening.emit('open');
    expect(await answered).toBe(200);
  });

  it('takes the new file away at the stop, and makes none after it', async () => {
    const { path, stop } = await serveOnSocket();
    rmSync(path);
    await expect.poll(() => isHealthy(path), PATIENT).toBe(true);
    await stop();
    await sleep(3 * CHECK_MS);
    expect(existsSync(path)).toBe(false);
  });

  it('stops while there is no file', async () => {
    const { path, stop } = await serveOnSocket();
    rmSync(path);
    await stop();
    await sleep(3 * CHECK_MS);
    expect(existsSync(path)).toBe(false);
  });
});
