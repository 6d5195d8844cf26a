import { describe, expect, it } from 'vitest';
import type { FlowsAnswer } from '../../src/web/routes/agent-view.ts';
import { serve } from './serving.ts';

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
