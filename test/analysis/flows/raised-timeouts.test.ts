import { describe, expect, it } from 'vitest';
import { RaisedTimeouts } from '../../../src/analysis/flows/timeout-rules.ts';

const established = (seconds: number) => [{ protocol: 'tcp', state: 'established', seconds }];

describe('RaisedTimeouts', () => {
  it('remembers a raise for as long as an entry from before can live, and no longer', () => {
    const raised = new RaisedTimeouts();
    expect(raised.at(established(3600), 0).size).toBe(0);
    expect(raised.at(established(7200), 1000)).toEqual(new Map([['tcp_timeout_established', 3600]]));
    expect(raised.at(established(7200), 3_600_999).size).toBe(1);
    expect(raised.at(established(7200), 3_601_000).size).toBe(0);
  });

  it('takes the highest value before of several raises, and no lowering for one', () => {
    const raised = new RaisedTimeouts();
    raised.at(established(600), 0);
    raised.at(established(900), 1000);
    expect(raised.at(established(7200), 2000).get('tcp_timeout_established')).toBe(900);
    expect(raised.at(established(60), 3000).get('tcp_timeout_established')).toBe(900);
    expect(new RaisedTimeouts().at(established(60), 0).size).toBe(0);
  });
});
