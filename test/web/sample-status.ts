import type { StatusJson } from '../../src/model/status-json.ts';

/** What the status API says of a node that is well. In a file without vitest, since the fuzz also runs outside of it. */
export const STATUS: StatusJson = {
  version: 1,
  node: 'node-1',
  at: '2026-11-22T14:03:12.000Z',
  agent: { version: '1.2.3', revision: 'abc1234' },
  summary: { level: 'ok', text: '7 % full, not filling, losing nothing' },
  table: { entries: 7, limit: 100, usage: 0.07, peakWindowSeconds: 60, secondsUntilFull: null, isDropping: false },
  losses: {},
  timeouts: [],
  alarms: [],
  sources: [],
  newFlows: { state: 'off' },
  flowSample: { state: 'off', error: 'The flow sample is off' },
};
