import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openAccessControl } from '../../../src/web/auth/access-control.ts';
import type { AgentView } from '../../../src/web/routes/agent-view.ts';
import type { ListenerOptions } from '../../../src/web/server/listeners.ts';
import { collectedLog } from '../collected-log.ts';
import { serve } from '../serving.ts';

/** The routes behind a web configuration, on a port of 127.0.0.1. */

export const REREAD_MS = 20;

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

/** `files` by name; `web.yml` is the configuration, unless `configPath` is another. */
export async function serveProtected(
  files: Readonly<Record<string, string>>,
  options: Partial<ListenerOptions> = {},
  view: Partial<AgentView> = {},
  configPath?: string,
) {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-web-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const { log, lines } = collectedLog();
  const path = configPath ?? join(folder, 'web.yml');
  const accessControl = openAccessControl(
    { path, clock: () => performance.now(), wallClock: Date.now, rereadMs: REREAD_MS },
    log,
  );
  onTestFinished(() => accessControl.stop());
  const serving = await serve(view, { accessControl, ...options });
  const base = accessControl.tls ? serving.base.replace('http:', 'https:') : serving.base;
  return { ...serving, base, folder, write, lines, serverLines: serving.lines };
}

/** One GET over a connection of its own. */
export function ask(url: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const asked = request(url, { agent: false, ...options }, (res) => {
      let body = '';
      res.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      res.on('end', () => resolve({ status: res.statusCode!, headers: res.headers, body }));
      res.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}
