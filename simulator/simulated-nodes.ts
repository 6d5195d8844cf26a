/** Gives each node of a fleet its scenario, kernel and size. The same seed gives the same fleet. */
import { randomFrom } from './random.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import type { Random } from './shape.ts';
import type { SimulatedNode } from './timeline.ts';

/** A large fleet has each scenario once for so many nodes. */
const NODES_PER_FAULT = 150;
/** What the other nodes of a large fleet do; `steady` is most of life. */
const BACKGROUND_SCENARIOS = ['steady', 'steady', 'steady', 'steady', 'steady', 'tide', 'tide', 'burst'];
const CLUSTERS = ['prod-a', 'prod-b', 'prod-c', 'prod-d', 'stage', 'prod-e', 'prod-f', 'prod-g', 'prod-h', 'prod-i'];
const NODES_PER_CLUSTER = 200;
const LIMITS = [131_072, 262_144, 262_144, 524_288];
const CPUS = [2, 2, 4];

export function simulatedNodes({ nodes, seed }: { nodes: number; seed: number }): SimulatedNode[] {
  const random = randomFrom(seed);
  const scenarios = shuffled(scenariosFor(nodes, random), random);
  const clusters = CLUSTERS.slice(0, nodes < 6 ? 1 : Math.max(2, Math.ceil(nodes / NODES_PER_CLUSTER)));
  const digits = Math.max(2, String(nodes).length);
  return scenarios.map((scenario, index) => ({
    // A generator for each node, so that a node stays the same when another scenario draws more numbers.
    ...nodeOf(scenario, randomFrom(seed * 65_537 + index)),
    index,
    name: `node-${String(index + 1).padStart(digits, '0')}`,
    cluster: clusters[index % clusters.length]!,
  }));
}

/** Each scenario once, in a large fleet once for every NODES_PER_FAULT nodes; the other nodes get a background scenario. */
function scenariosFor(nodes: number, random: Random): Scenario[] {
  const rounds = Math.max(1, Math.floor(nodes / NODES_PER_FAULT));
  const faults = Array.from({ length: rounds }, () => SCENARIOS)
    .flat()
    .slice(0, nodes);
  const background = Array.from({ length: nodes - faults.length }, () =>
    scenarioNamed(pick(BACKGROUND_SCENARIOS, random)),
  );
  return [...faults, ...background];
}

function nodeOf(scenario: Scenario, random: Random): Omit<SimulatedNode, 'index' | 'name' | 'cluster'> {
  const limit = pick(LIMITS, random);
  return {
    scenario: scenario.name,
    kernel: pick(scenario.kernels, random),
    cpus: pick(CPUS, random),
    limit,
    buckets: limit / (scenario.entriesPerBucket ?? 1),
    timeline: scenario.timeline(random),
    flows: scenario.flows,
  };
}

function scenarioNamed(name: string): Scenario {
  return SCENARIOS.find((scenario) => scenario.name === name)!;
}

function pick<T>(choices: readonly T[], random: Random): T {
  return choices[Math.floor(random() * choices.length)]!;
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const shuffledItems = [...items];
  for (let last = shuffledItems.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffledItems[last], shuffledItems[other]] = [shuffledItems[other]!, shuffledItems[last]!];
  }
  return shuffledItems;
}
