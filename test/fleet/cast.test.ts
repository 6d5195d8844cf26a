import { describe, expect, it } from 'vitest';
import { castOf } from './cast.ts';
import { ROLES } from './roles.ts';
import { CAUSES, momentOf } from './script.ts';

describe('castOf()', () => {
  it('gives twelve nodes twelve parts, and a large fleet mostly everyday life', () => {
    expect(new Set(castOf({ nodes: 12, seed: 1 }).map(({ role }) => role)).size).toBe(12);
    const large = castOf({ nodes: 400, seed: 1 }).map(({ role }) => role);
    expect(new Set(large).size).toBe(ROLES.length);
    expect(large.filter((role) => role === 'steady' || role === 'tide').length).toBeGreaterThan(280);
    expect(large.filter((role) => role === 'leak')).toHaveLength(2);
  });

  it.each([0, 1, 5, 13, 5000])('names %d nodes apart', (nodes) => {
    const cast = castOf({ nodes, seed: 1 });
    expect(new Set(cast.map(({ name }) => name)).size).toBe(nodes);
  });

  it('never has more entries than fit, nor a total that goes down', () => {
    for (const node of castOf({ nodes: 13, seed: 5 })) {
      let before = momentOf(node, 0);
      for (let t = 13; t < 4000; t += 13) {
        const now = momentOf(node, t);
        const fits = now.entries <= node.limit;
        const grows = CAUSES.every((cause) => now.lost[cause] >= before.lost[cause]);
        expect({ role: node.role, t, fits, grows }).toEqual({ role: node.role, t, fits: true, grows: true });
        before = now;
      }
    }
  });
});
