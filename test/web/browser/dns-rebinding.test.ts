import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../needs.ts';
import { serve } from '../serving.ts';
import { EXECUTABLE, launch } from './browser.ts';

const NAMES = ['evil.example', 'node-1', 'conntrack.example.com'];

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port that leads to another, and from `rebind` on to a third: what a browser sees of a name whose address changes. */
async function rebindable(target: number) {
  const clients = new Set<Socket>();
  let to = target;
  const port = await portOf(
    createServer((client) => {
      const onward = connect(to, '127.0.0.1');
      clients.add(client);
      client.on('error', () => onward.destroy()).on('close', () => onward.destroy());
      onward.on('error', () => client.destroy()).on('close', () => client.destroy());
      client.pipe(onward).pipe(client);
    }),
  );
  const drop = () => {
    for (const client of clients) client.destroy();
  };
  onTestFinished(drop);
  const rebind = (next: number) => {
    to = next;
    drop();
  };
  return { port, rebind };
}

/** The ways a page has of asking its own site, and of looking like no browser while it does. */
const ATTACKS = {
  fetch: `fetch(PATH).then((answer) => answer.status)`,
  'fetch as Prometheus': `fetch(PATH, {
    headers: { 'User-Agent': 'Prometheus/3.5.0', 'Accept-Language': '', Accept: 'text/plain' },
    referrerPolicy: 'no-referrer', credentials: 'omit', cache: 'no-store',
  }).then((answer) => answer.status)`,
  'fetch without CORS': `fetch(PATH, { mode: 'no-cors' }).then((answer) => answer.status)`,
  XMLHttpRequest: `new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.onloadend = () => resolve(request.status);
    request.open('GET', PATH);
    request.setRequestHeader('Accept-Language', '');
    request.send();
  })`,
  'a worker': `new Promise((resolve) => {
    const ask = 'fetch("' + location.origin + PATH + '").then((answer) => postMessage(answer.status))';
    new Worker(URL.createObjectURL(new Blob([ask]))).onmessage = ({ data }) => resolve(data);
  })`,
  'a frame': `new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.onload = () => resolve(/conntrack_entries|"table"/.test(frame.contentDocument?.body?.innerText) ? 200 : 403);
    frame.src = PATH;
    document.body.append(frame);
  })`,
  EventSource: `new Promise((resolve) => {
    const events = new EventSource('/api/v1/stream');
    events.onopen = () => resolve(200);
    events.onerror = () => resolve(403);
  })`,
} as const;

describe('a page in Chromium whose name is made to lead to the agent', () => {
  it('reads nothing of it, in whatever way it asks', async (context) => {
    needs(context, 'chromium');
    const names = { nodeName: 'node-1', allowed: ['conntrack.example.com'] };
    const agent = await serve({}, { names });
    const evil = createHttpServer((_req, res) => {
      res.setHeader('Content-Type', 'text/html');
      res.end('<!doctype html><title>loaded</title><body>');
    });
    const { port, rebind } = await rebindable(await portOf(evil));
    const map = NAMES.map((name) => `MAP ${name} 127.0.0.1`).join(', ');
    const browser = await launch(EXECUTABLE, `--host-resolver-rules=${map}`);
    onTestFinished(() => browser.close());

    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://evil.example:${port}/`);
    expect(await page.title()).toBe('loaded');
    rebind(agent.port);
    const seen: Record<string, unknown> = {};
    for (const [how, script] of Object.entries(ATTACKS))
      for (const path of ['/metrics', '/api/v1/status'])
        seen[`${how} ${path}`] = await page.evaluate(script.replaceAll('PATH', JSON.stringify(path)));
    expect(new Set(Object.values(seen)), JSON.stringify(seen)).toEqual(new Set([403]));
    const answer = await page.goto(`http://evil.example:${port}/`);
    expect([answer?.status(), await answer?.text()]).toEqual([403, expect.stringContaining('--web.allowed-host')]);

    for (const host of ['127.0.0.1', 'localhost', 'node-1', 'conntrack.example.com']) {
      const own = await page.goto(`http://${host}:${port}/`);
      expect([host, own?.status()]).toEqual([host, 200]);
      const status = await page.evaluate(`fetch('/api/v1/status').then((answer) => answer.status)`);
      expect([host, status]).toEqual([host, 200]);
    }
  });
});
