import { onTestFinished } from 'vitest';
import type { HistoryJson } from '../../src/model/status-json.ts';
import type { AgentView } from '../../src/web/routes/agent-view.ts';
import { type AppOptions, createApp } from '../../src/web/routes/app.ts';
import { type ListenerOptions, type Listeners, startListeners } from '../../src/web/server/listeners.ts';
import { collectedLog, type LogLine } from './collected-log.ts';
import { STATUS } from './sample-status.ts';

export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export const HISTORY: HistoryJson = {
  version: 1,
  node: 'node-1',
  at: STATUS.at,
  resolutionSeconds: 1,
  endSecond: 2,
  entries: [6, null, 7],
  limit: [100, 100, 100],
  peak: [6, null, 8],
  dropped: [null, 0, 0],
};

/** What the build made for the browser. */
export const PAGE_FOLDER = new URL('../../dist/page/', import.meta.url);

/** An agent that is well and has one metric. */
export const WELL: AgentView = {
  nodeName: 'node-1',
  version: '1.2.3',
  refresh: () => undefined,
  exposition: async (format) =>
    format === 'text'
      ? { contentType: TEXT_TYPE, body: 'conntrack_entries 7\n' }
      : { contentType: OPENMETRICS_TYPE, body: 'conntrack_entries 7\n# EOF\n' },
  healthy: () => ({ ok: true, text: 'healthy' }),
  ready: () => ({ ok: true, text: 'ready' }),
  status: () => STATUS,
  history: () => HISTORY,
  flows: () => ({ state: 'off', error: 'The flow sample is off' }),
};

export type Serving = Listeners & { readonly port: number; readonly base: string; readonly lines: LogLine[] };

/** The routes on a port of 127.0.0.1, gone when the test is over. */
export async function serve(
  view: Partial<AgentView> = {},
  { telemetryPath = '/metrics', pageFolder = PAGE_FOLDER, ...options }: Partial<ListenerOptions & AppOptions> = {},
): Promise<Serving> {
  const { log, lines } = collectedLog();
  const app = createApp({ ...WELL, ...view }, { telemetryPath, pageFolder }, log);
  const listeners = await startListeners(
    {
      tcp: [{ host: '127.0.0.1', port: 0 }],
      socketPath: '',
      socketIsDefault: false,
      keepAliveMs: 600_000,
      stopMs: 300,
      ...options,
    },
    app,
    log,
  );
  onTestFinished(listeners.stop);
  const port = Number(listeners.addresses[0]?.split(':').at(-1));
  return { ...listeners, port, base: `http://127.0.0.1:${port}`, lines };
}
