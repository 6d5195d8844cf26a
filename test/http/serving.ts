import { onTestFinished } from 'vitest';
import type { AgentView } from '../../src/http/agent-view.ts';
import { createApp } from '../../src/http/app.ts';
import { type ListenerOptions, type Listeners, startListeners } from '../../src/http/listeners.ts';
import { collectedLog, type LogLine } from './collected-log.ts';

export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** An agent that is well and has one metric. */
export const WELL: AgentView = {
  nodeName: 'node-1',
  version: '1.2.3',
  exposition: async (format) =>
    format === 'text'
      ? { contentType: TEXT_TYPE, body: 'conntrack_entries 7\n' }
      : { contentType: OPENMETRICS_TYPE, body: 'conntrack_entries 7\n# EOF\n' },
  healthy: () => ({ ok: true, text: 'healthy' }),
  ready: () => ({ ok: true, text: 'ready' }),
  status: () => ({ entries: 7 }),
  flows: () => ({ state: 'off', error: 'The flow census is off' }),
};

export type Serving = Listeners & { readonly port: number; readonly base: string; readonly lines: LogLine[] };

/** The routes on a port of 127.0.0.1, gone when the test is over. */
export async function serve(
  view: Partial<AgentView> = {},
  { telemetryPath = '/metrics', ...options }: Partial<ListenerOptions> & { telemetryPath?: string } = {},
): Promise<Serving> {
  const { log, lines } = collectedLog();
  const app = createApp({ ...WELL, ...view }, { telemetryPath }, log);
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
