/** Deals the parts: which node plays what. The same seed deals the same. */
import { randomFrom } from '../analysis/flow-sample/random.ts';
import { ROLES, type Role } from './roles.ts';
import type { CastNode } from './script.ts';
import type { Random } from './shape.ts';

/** One node in so many has a fault, as long as the fleet is large. */
const NODES_PER_TROUBLE = 150;
/** What the other nodes of a large fleet do; `steady` is most of life. */
const EVERYDAY = ['steady', 'steady', 'steady', 'steady', 'steady', 'tide', 'tide', 'burst'];
const CLUSTERS = ['prod-a', 'prod-b', 'prod-c', 'prod-d', 'stage', 'prod-e', 'prod-f', 'prod-g', 'prod-h', 'prod-i'];
const NODES_PER_CLUSTER = 200;
const LIMITS = [131_072, 262_144, 262_144, 524_288];
const CPUS = [2, 2, 4];

export function castOf({ nodes, seed }: { nodes: number; seed: number }): CastNode[] {
  const random = randomFrom(seed);
  const roles = shuffled(rolesFor(nodes, random), random);
  const clusters = CLUSTERS.slice(0, nodes < 6 ? 1 : Math.max(2, Math.ceil(nodes / NODES_PER_CLUSTER)));
  const digits = Math.max(2, String(nodes).length);
  return roles.map((role, index) => ({
    // Of its own, so that a node stays what it is when another part takes one number more.
    ...nodeOf(role, randomFrom(seed * 65_537 + index)),
    index,
    name: `node-${String(index + 1).padStart(digits, '0')}`,
    cluster: clusters[index % clusters.length]!,
  }));
}

/** Each role once; of a large fleet every so many nodes again, the rest is everyday life. */
function rolesFor(nodes: number, random: Random): Role[] {
  const rounds = Math.max(1, Math.floor(nodes / NODES_PER_TROUBLE));
  const trouble = Array.from({ length: rounds }, () => ROLES)
    .flat()
    .slice(0, nodes);
  const everyday = Array.from({ length: nodes - trouble.length }, () => roleNamed(pick(EVERYDAY, random)));
  return [...trouble, ...everyday];
}

function nodeOf(role: Role, random: Random): Omit<CastNode, 'index' | 'name' | 'cluster'> {
  const limit = pick(LIMITS, random);
  return {
    role: role.name,
    kernel: pick(role.kernels, random),
    cpus: pick(CPUS, random),
    limit,
    buckets: limit / (role.entriesPerBucket ?? 1),
    script: role.script(random),
    flows: role.flows,
  };
}

function roleNamed(name: string): Role {
  return ROLES.find((role) => role.name === name)!;
}

function pick<T>(choices: readonly T[], random: Random): T {
  return choices[Math.floor(random() * choices.length)]!;
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const deck = [...items];
  for (let last = deck.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [deck[last], deck[other]] = [deck[other]!, deck[last]!];
  }
  return deck;
}
