import { describe, expect, it, vi } from 'vitest';
import type { FlowsAnswer } from '../../../src/web/routes/agent-view.ts';
import { HISTORY, serve } from '../serving.ts';

describe('historyRoute()', () => {
  it.each([
    ['', 3600],
    ['?', 3600],
    ['?minutes=1', 60],
    ['?minutes=60', 3600],
    ['?x=1&minutes=15', 900],
  ])('asks the agent for an hour, or for the minutes that are wanted: "%s"', async (query, seconds) => {
    const history = vi.fn(() => HISTORY);
    const { base } = await serve({ history });
    const answer = await fetch(`${base}/api/v1/history${query}`);
    expect([answer.status, await answer.json()]).toEqual([200, HISTORY]);
    expect(history.mock.calls).toEqual([[seconds]]);
  });

  it.each(['0', '61', '100', '-1', '1.5', '05', '1e1', '', 'many', '<b>', '5&minutes=6', ' 5'])(
    'refuses minutes=%s and says what it takes',
    async (minutes) => {
      const { base } = await serve();
      const answer = await fetch(`${base}/api/v1/history?minutes=${minutes}`);
      const body = (await answer.json()) as Record<string, string>;
      expect(answer.status).toBe(400);
      expect(body['error']).toBe('Cannot show that history: "minutes" is not a whole number from 1 to 60');
      expect(body['remedy']).toContain('minutes=15');
    },
  );
});

describe('flowsRoute()', () => {
  it.each<[number, FlowsAnswer, unknown]>([
    [200, { state: 'taken', flowSample: { read: 7 } }, { read: 7 }],
    [404, { state: 'off', error: 'It is off', remedy: 'Turn it on' }, { error: 'It is off', remedy: 'Turn it on' }],
    [503, { state: 'waiting', error: 'None yet' }, { error: 'None yet' }],
  ])('answers %i to %j', async (status, flows, body) => {
    const { base } = await serve({ flows: () => flows });
    const answer = await fetch(`${base}/api/v1/flows`);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await answer.json()).toEqual(body);
  });
});
