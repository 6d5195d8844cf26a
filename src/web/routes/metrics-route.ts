import type { IncomingMessage, ServerResponse } from 'node:http';
import { acceptsGzip, answer, gzip, type Preference, parseQualityList } from '../server/responses.ts';
import type { AgentView, ExpositionFormat } from './agent-view.ts';

/** The telemetry path. A failing exposition rejects, and the app's last handler answers 500. */
export function metricsRoute(view: AgentView) {
  return async function scrape(req: IncomingMessage, res: ServerResponse): Promise<void> {
    await view.refresh(); // A scrape shows the table as it is now, not as it was at the last tick.
    const { contentType, body } = await view.exposition(expositionFormat(req.headers.accept));
    if (res.destroyed) return; // The scraper gave up while the kernel was read.
    if (acceptsGzip(req.headers['accept-encoding'])) {
      answer(res, 200, contentType, gzip(body), { 'Content-Encoding': 'gzip' });
    } else {
      answer(res, 200, contentType, body);
    }
  };
}

type Offer = { readonly type: string; readonly version: string };

const OPENMETRICS: Offer = { type: 'application/openmetrics-text', version: '1.0.0' };
const TEXT: Offer = { type: 'text/plain', version: '0.0.4' };

/**
 * OpenMetrics when the client prefers it to text, else text, also when it accepts neither: an answer of 406 would leave
 * the scraper without data, and every scraper reads text.
 */
export function expositionFormat(accept: string | undefined): ExpositionFormat {
  if (accept === undefined) return 'text';
  const preferences = parseQualityList(accept);
  return qualityOf(OPENMETRICS, preferences) > qualityOf(TEXT, preferences) ? 'openmetrics' : 'text';
}

/** RFC 9110, 12.5.1: the most specific range that matches decides, whatever the others say. */
function qualityOf(offer: Offer, preferences: readonly Preference[]): number {
  let best = { specificity: 0, q: 0 };
  for (const preference of preferences) {
    const specificity = specificityOf(preference, offer);
    if (specificity > best.specificity) best = { specificity, q: preference.q };
    else if (specificity === best.specificity && specificity > 0)
      best = { specificity, q: Math.max(best.q, preference.q) };
  }
  return best.q;
}

/** 0 for no match. Parameters other than `version` (charset, Prometheus 3's `escaping`) exclude nothing we print. */
function specificityOf({ value, params }: Preference, { type, version }: Offer): number {
  const wanted = params.get('version');
  if (wanted !== undefined && wanted !== version) return 0;
  if (value === type) return wanted === undefined ? 3 : 4;
  if (value === `${type.slice(0, type.indexOf('/'))}/*`) return 2;
  return value === '*/*' ? 1 : 0;
}
