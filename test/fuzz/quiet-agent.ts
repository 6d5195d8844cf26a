import type { Log } from '../../src/model/log.ts';
import type { HistoryJson } from '../../src/model/status-json.ts';
import type { AgentView } from '../../src/web/routes/agent-view.ts';
import { STATUS } from '../web/sample-status.ts';

/** Says little and at once, so that what is fuzzed is what stands before it. */
export const QUIET_VIEW: AgentView = {
  nodeName: 'node-1',
  version: '1.2.3',
  refresh: () => undefined,
  exposition: async () => ({ contentType: 'text/plain', body: 'conntrack_entries 7\n' }),
  healthy: () => ({ ok: true, text: 'healthy' }),
  ready: () => ({ ok: true, text: 'ready' }),
  status: () => STATUS,
  history: () => ({ version: 1 }) as HistoryJson,
  flows: () => ({ state: 'off', error: 'off' }),
};

/** Collects what an operator would be told of as an error. */
export function errorLog(): { readonly log: Log; readonly errors: string[] } {
  const errors: string[] = [];
  const nothing = () => undefined;
  const error = (_fields: object, message: string) => void errors.push(message);
  return { log: { debug: nothing, info: nothing, warn: nothing, error }, errors };
}
