import { describe, expect, it } from 'vitest';
import { flowsAnswer, topAddressesOf } from '../../src/agent/flow-sample-view.ts';
import { OperatorError } from '../../src/model/operator-error.ts';
import { flowSampleOf, ten } from '../analysis/flows/counted-flows.ts';

const flows = Array.from({ length: 10 }, (_, i) => ({ source: ten(0, 0, Math.min(i, 4)) }));
const last = { flowSample: flowSampleOf(flows), limit: 100, unlisted: 0, durationSeconds: 0.0501, endedMs: 1000 };
const problem = new OperatorError('Cannot list flows', { remedy: 'Allow it' });

describe('topAddressesOf()', () => {
  it('names the first three of each ranking', () => {
    const { sources, destinations } = topAddressesOf({ last, problem: undefined })!;
    expect(sources).toHaveLength(3);
    expect(sources[0]).toEqual({ address: '10.0.0.4', share: 0.6 });
    expect(destinations).toEqual([{ address: '10.96.0.10:53/udp', share: 1 }]);
  });

  it('names nobody once the flow sample has failed', () => {
    expect(topAddressesOf({ last, problem })).toEqual({ sources: [], destinations: [] });
  });

  it('has nothing to say before the first flow sample, and without one', () => {
    expect(topAddressesOf({ last: undefined, problem })).toBeUndefined();
    expect(topAddressesOf(undefined)).toBeUndefined();
  });
});

describe('flowsAnswer()', () => {
  const now = { node: 'node-1', nowMs: 3500, wallMs: Date.UTC(2030, 0, 1, 0, 0, 2, 500) };

  it('is the last flow sample with its age, also after one that failed', () => {
    expect(flowsAnswer({ last, problem }, now)).toMatchObject({
      state: 'taken',
      flowSample: { node: 'node-1', at: '2030-01-01T00:00:00.000Z', ageSeconds: 2.5, durationSeconds: 0.05, read: 10 },
    });
  });

  it('says why there is none', () => {
    expect(flowsAnswer(undefined, now)).toMatchObject({ state: 'off', remedy: expect.stringContaining('--collector') });
    expect(flowsAnswer({ last: undefined, problem: undefined }, now)).toMatchObject({ state: 'waiting' });
    expect(flowsAnswer({ last: undefined, problem }, now)).toEqual({
      state: 'waiting',
      error: 'Cannot list flows',
      remedy: 'Allow it',
    });
  });
});
