/** What conntrack-flows must show. */
import { expectedOf } from '../fleet/expected.ts';
import { culpritShare, PODS, podAddress } from '../fleet/made-up-flows.ts';
import type { CastNode } from '../fleet/script.ts';
import { one, type PanelClaim, type Scene } from './claims.ts';

/** A table that is full swings by a twentieth, and a flow sample is half a minute old. */
const SWING = 0.1;

export function flowsClaims({ nodes, seconds }: Scene): PanelClaim[] {
  const counted = nodes.filter((node) => node.flows !== undefined && expectedOf(node, seconds).isUp);
  const leaders = counted.filter(({ role }) => role === 'saturated' || role === 'leak');
  return [
    { panel: 'Nodes with a flow sample', refId: 'A', by: [], expected: one(counted.length) },
    {
      panel: 'Who opens them?',
      refId: 'A',
      by: ['address'],
      expected: new Map(leaders.map((node) => [addressOf(node), flowsOfCulprit(node, seconds)])),
      tolerance: SWING,
      only: true,
    },
  ];
}

/** The third pod of a node is the one that misbehaves, and has its part of everyday life as well. */
function addressOf(node: CastNode): string {
  const address = podAddress(node, 3);
  return [24, 16, 8, 0].map((bits) => (address >>> bits) & 255).join('.');
}

function flowsOfCulprit(node: CastNode, seconds: number): number {
  const entries = expectedOf(node, seconds).entries!;
  const share = culpritShare(node, entries);
  return entries * (share + (1 - share) / PODS);
}
