import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../simulator/scenarios.ts';
import { simulatedNodes } from '../../simulator/simulated-nodes.ts';
import { CAUSES, tableAt } from '../../simulator/timeline.ts';

describe('simulatedNodes()', () => {
  it('gives twelve nodes twelve scenarios, and most nodes of a large fleet a background scenario', () => {
    expect(new Set(simulatedNodes({ nodes: 12, seed: 1 }).map(({ scenario }) => scenario)).size).toBe(12);
    const large = simulatedNodes({ nodes: 400, seed: 1 }).map(({ scenario }) => scenario);
    expect(new Set(large).size).toBe(SCENARIOS.length);
    expect(large.filter((scenario) => scenario === 'steady' || scenario === 'tide').length).toBeGreaterThan(280);
    expect(large.filter((scenario) => scenario === 'leak')).toHaveLength(2);
  });

  it.each([0, 1, 5, 13, 5000])('names %d nodes apart', (nodes) => {
    const simulated = simulatedNodes({ nodes, seed: 1 });
    expect(new Set(simulated.map(({ name }) => name)).size).toBe(nodes);
  });

  it('never has more entries than fit, nor a total that goes down', () => {
    for (const node of simulatedNodes({ nodes: 13, seed: 5 })) {
      let before = tableAt(node, 0);
      for (let t = 13; t < 4000; t += 13) {
        const now = tableAt(node, t);
        const fits = now.entries <= node.limit;
        const grows = CAUSES.every((cause) => now.lost[cause] >= before.lost[cause]);
        expect({ scenario: node.scenario, t, fits, grows }).toEqual({
          scenario: node.scenario,
          t,
          fits: true,
          grows: true,
        });
        before = now;
      }
    }
  });
});
