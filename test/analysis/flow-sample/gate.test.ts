import { describe, expect, it } from 'vitest';
import { FlowSampleGate } from '../../../src/analysis/flow-sample/skip-reasons.ts';

const CALM = { loopLagMs: 1, memoryAvailable: 0.5 };

describe('CensusGate', () => {
  it('lets one flow sample at a time through and counts the others', () => {
    const gate = new FlowSampleGate();
    expect(gate.enter(CALM)).toBeUndefined();
    expect(gate.enter(CALM)).toBe('running');
    gate.leave();
    expect(gate.enter(CALM)).toBeUndefined();
    expect(Object.fromEntries(gate.skipped)).toEqual({ running: 1, late: 0, memory: 0 });
  });

  it('turns a flow sample away while the loop is late or memory is short, and is open again afterwards', () => {
    const gate = new FlowSampleGate();
    expect(gate.enter({ ...CALM, loopLagMs: 500 })).toBe('late');
    expect(gate.enter({ ...CALM, memoryAvailable: 0.01 })).toBe('memory');
    expect(gate.enter({ ...CALM, memoryAvailable: undefined })).toBeUndefined();
    expect(Object.fromEntries(gate.skipped)).toEqual({ running: 0, late: 1, memory: 1 });
  });
});
