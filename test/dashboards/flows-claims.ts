/** What conntrack-flows must show. */
import { fileURLToPath } from 'node:url';
import { expectedOf } from '../../simulator/expected.ts';
import { openingsOf, PODS, podAddress, surgeShare } from '../../simulator/simulated-flows.ts';
import type { SimulatedNode } from '../../simulator/timeline.ts';
import { NodeReader } from '../../src/host/node-reader.ts';
import { ProcFs } from '../../src/host/procfs/proc-fs.ts';
import { one, type PanelClaim, type Scene } from './claims.ts';

/** A table that is full swings by a twentieth, and a flow sample is half a minute old. */
const SWING = 0.1;

export function flowsClaims({ nodes, seconds }: Scene): PanelClaim[] {
  const counted = nodes.filter((node) => node.flows !== undefined && expectedOf(node, seconds).isUp);
  const surgeNodes = counted.filter(({ scenario }) => scenario === 'saturated' || scenario === 'leak');
  return [
    { panel: 'Nodes with a flow sample', refId: 'A', by: [], expected: one(counted.length) },
    {
      panel: 'Who holds them?',
      refId: 'A',
      by: ['address'],
      expected: new Map(surgeNodes.map((node) => [addressOf(node), flowsOfSurge(node, seconds)])),
      tolerance: SWING,
      only: true,
    },
    {
      panel: 'How many flows are opened a second?',
      refId: 'A',
      by: [],
      expected: one(newFlowsPerSecond(counted, seconds)),
      tolerance: SWING,
    },
  ];
}

function newFlowsPerSecond(nodes: readonly SimulatedNode[], seconds: number): number {
  return nodes.reduce((sum, node) => {
    const { timeouts } = new NodeReader({ proc: procOf(node), clock: () => 0 }).read(); // The kernel's defaults, which no scenario changes.
    return sum + openingsOf(node, expectedOf(node, seconds).entries!, timeouts).perSecond;
  }, 0);
}

const procOf = ({ kernel }: SimulatedNode) =>
  new ProcFs(fileURLToPath(new URL(`../fixtures/nodes/${kernel}/proc`, import.meta.url)));

/** The third pod of a node is the one that misbehaves, and has its part of everyday life as well. */
function addressOf(node: SimulatedNode): string {
  const address = podAddress(node, 3);
  return [24, 16, 8, 0].map((bits) => (address >>> bits) & 255).join('.');
}

function flowsOfSurge(node: SimulatedNode, seconds: number): number {
  const entries = expectedOf(node, seconds).entries!;
  const share = surgeShare(node, entries);
  return entries * (share + (1 - share) / PODS);
}
