import { describe, expect, it } from 'vitest';
import type { StatusJson } from '../../../src/model/status-json.ts';
import { htmlOf } from '../../../src/web/view/tag.ts';
import { topFlowsSection } from '../../../src/web/view/top-flows-section.ts';
import { STATUS } from '../sample-status.ts';

const NO_FLOWS = 'The table held no flows when the sample was taken';
const FLOW = { address: '10.0.0.7', flows: 3, share: 1, low: 1, high: 1 };

function htmlWith(flowSample: StatusJson['flowSample']): string {
  return htmlOf(topFlowsSection({ ...STATUS, flowSample }, { link: 'static', ageSeconds: 0 }));
}

describe('topFlowsSection()', () => {
  it('says that an empty table held no flows, and shows no headings', () => {
    const html = htmlWith({
      state: 'taken',
      ageSeconds: 12,
      read: 0,
      isComplete: true,
      sources: [],
      destinations: [],
      timeouts: [],
    });
    expect(html).toContain(NO_FLOWS);
    expect(html).toContain('all 0 flows, 12 s ago');
    expect(html).not.toContain('<table');
  });

  it('shows the sources and destinations of a table with flows', () => {
    const html = htmlWith({
      state: 'taken',
      ageSeconds: 12,
      read: 3,
      isComplete: true,
      sources: [FLOW],
      destinations: [{ ...FLOW, address: '10.0.0.8' }],
      timeouts: [],
    });
    for (const text of ['Sources', '10.0.0.7', 'Destinations', '10.0.0.8']) expect(html).toContain(text);
    expect(html).not.toContain(NO_FLOWS);
  });

  it('says why there is no sample', () => {
    const html = htmlWith({ state: 'off', error: 'The flow sample is off', remedy: 'Start it' });
    expect(html).toContain('The flow sample is off. Start it');
  });
});
