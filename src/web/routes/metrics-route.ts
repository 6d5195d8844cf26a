import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer } from '../server/answer.ts';
import { acceptsGzip, gzip } from '../server/gzip.ts';
import type { AgentView } from './agent-view.ts';
import { expositionFormat } from './exposition-format.ts';

/** The telemetry path. A failing exposition rejects, and the app's last handler answers 500. */
export function metricsRoute(view: AgentView) {
  return async function scrape(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { contentType, body } = await view.exposition(expositionFormat(req.headers.accept));
    if (res.destroyed) return; // The scraper gave up while the kernel was read.
    if (acceptsGzip(req.headers['accept-encoding'])) {
      answer(res, 200, contentType, gzip(body), { 'Content-Encoding': 'gzip' });
    } else {
      answer(res, 200, contentType, body);
    }
  };
}
