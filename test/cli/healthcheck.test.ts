import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { HEALTHCHECK_TIMEOUT_MS, healthcheck } from '../../src/cli/healthcheck.ts';
import { serve } from '../web/serving.ts';

function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'healthcheck-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'agent.sock');
}

/** Something on the socket that is not the agent. */
async function stranger(path: string, meet: (socket: Socket) => void): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    meet(socket);
  }).listen(path);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
}

describe('healthcheck()', () => {
  it('exits 0 with a healthy agent', async () => {
    const path = socketPath();
    await serve({}, { socketPath: path });
    await expect(healthcheck(path, 5_000)).resolves.toEqual({ exitCode: 0, text: 'healthy' });
  });

  it('exits 1 with the reason and the remedy of an unhealthy one, in one line', async () => {
    const path = socketPath();
    const healthy = () => ({ ok: false, reason: 'the sampler stands still', remedy: 'Restart it' }) as const;
    await serve({ healthy }, { socketPath: path });
    const text = 'not healthy: the sampler stands still; Restart it';
    await expect(healthcheck(path, 5_000)).resolves.toEqual({ exitCode: 1, text });
  });

  it('asks whether it is ready when told to, which a healthy agent need not be', async () => {
    const path = socketPath();
    const ready = () => ({ ok: false, reason: 'not in the namespace of the node', remedy: 'Move it' }) as const;
    await serve({ ready }, { socketPath: path });
    const text = 'not ready: not in the namespace of the node; Move it';
    await expect(healthcheck(path, 5_000, 'ready')).resolves.toEqual({ exitCode: 1, text });
    await expect(healthcheck(path, 5_000, 'healthy')).resolves.toEqual({ exitCode: 0, text: 'healthy' });
  });

  it('exits 1 when the agent answers with something else', async () => {
    const path = socketPath();
    const healthy = () => {
      throw new Error('broken');
    };
    await serve({ healthy }, { socketPath: path });
    await expect(healthcheck(path, 5_000)).resolves.toEqual({ exitCode: 1, text: `Cannot ask "${path}": HTTP 500` });
  });

  it('asks whether the agent is running when there is no socket', async () => {
    const path = socketPath();
    const text = `Cannot ask "${path}": no such socket; is the agent running, with this --web.socket?`;
    await expect(healthcheck(path, 5_000)).resolves.toEqual({ exitCode: 1, text });
  });

  it('says that the agent is gone when nobody is behind the socket', async () => {
    const path = socketPath();
    const listen = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', listen]), 'exit');
    const text = `Cannot ask "${path}": connection refused; the agent that made this socket is gone`;
    await expect(healthcheck(path, 5_000)).resolves.toEqual({ exitCode: 1, text });
  });

  it('says that there is no socket where there is a file', async () => {
    const path = socketPath();
    writeFileSync(path, '');
    expect((await healthcheck(path, 5_000)).exitCode).toBe(1);
  });

  it('says that the socket is turned off when its path is empty', async () => {
    expect((await healthcheck('', 5_000)).text).toContain('turned off');
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['never answers', () => undefined, 'no answer within 200 ms'],
    ['trickles', (socket) => void socket.write('HTTP/1.1 200 OK\r\n'), 'no answer within 200 ms'],
    ['speaks no HTTP', (socket) => void socket.end('220 mail ready\r\n'), "the answer is not an agent's"],
    ['says nothing and hangs up', (socket) => void socket.end(), "the answer is not an agent's"],
    ['talks for ever', (socket) => void socket.write('x'.repeat(200_000)), "the answer is not an agent's"],
  ])('exits 1 when the other side %s', async (_how, meet, seen) => {
    const path = socketPath();
    await stranger(path, meet);
    await expect(healthcheck(path, 200)).resolves.toEqual({ exitCode: 1, text: `Cannot ask "${path}": ${seen}` });
  });

  it('imports nothing but node:net, because it is started every few seconds on every node', () => {
    const source = readFileSync(new URL('../../src/cli/healthcheck.ts', import.meta.url), 'utf8');
    expect([...source.matchAll(/from '(.*)'/g)].map(([, name]) => name)).toEqual(['node:net']);
  });
});

describe('the time a healthcheck may take', () => {
  it('is little less than that of the probes, which a busy node needs to start Node', () => {
    const manifest = parse(readFileSync(new URL('../../daemonset/base/daemonset.yaml', import.meta.url), 'utf8'));
    const [agent] = manifest.spec.template.spec.containers;
    for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      const restMs = agent[name].timeoutSeconds * 1000 - HEALTHCHECK_TIMEOUT_MS;
      expect(restMs, name).toBeGreaterThanOrEqual(500);
      expect(restMs, name).toBeLessThanOrEqual(1_500);
    }
  });
});
