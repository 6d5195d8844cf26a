/** What conntrack-node must show. */
import { threshold } from '../../dashboards/thresholds.ts';
import { expectedOf } from '../../simulator/expected.ts';
import type { SimulatedNode } from '../../simulator/timeline.ts';
import { CAUSE_OF, one, type PanelClaim, rateOf, type Scene, stateOf } from './claims.ts';

export function nodeClaims(scene: Scene, node: SimulatedNode): PanelClaim[] {
  const expected = expectedOf(node, scene.seconds);
  const { entries, peak, limit, headroom, growthPerSecond, secondsUntilFull, entriesPerBucket, scenario } = expected;
  const claim = (panel: string, refId: string, value: number | undefined, tolerance = 0.01) => ({
    panel,
    refId,
    by: [],
    expected: one(value),
    tolerance,
  });
  const isFilling = scenario === 'leak';
  return [
    claim('What is wrong?', 'A', stateOf(expected)),
    claim('Peak of the last minute', 'A', peak! / limit!),
    claim('Headroom', 'A', headroom, 0.03),
    claim('How full is it, and where is it going?', 'A', entries),
    claim('How full is it, and where is it going?', 'B', peak),
    claim('How full is it, and where is it going?', 'D', limit),
    claim('How full is it, and where is it going?', 'E', limit! * threshold('highUsage')),
    ...(isFilling
      ? [
          claim('Full in', 'A', secondsUntilFull, 0.1),
          claim('How full is it, and where is it going?', 'C', entries! + 900 * growthPerSecond!, 0.05),
          claim('Is it growing?', 'A', growthPerSecond, 0.1),
        ]
      : [claim('Full in', 'A', 0), claim('How long was it above 75, 90, 95 %?', 'C', 1, 0.05)]),
    claim('Is the hash table big enough?', 'A', entriesPerBucket),
    ...Object.entries(CAUSE_OF).map(([refId, cause]) =>
      claim('What is lost, and when?', refId, rateOf(scene, [node], cause), 0.2),
    ),
    claim('What changed?', 'A', limit),
    claim('What changed?', 'B', node.buckets),
  ];
}
