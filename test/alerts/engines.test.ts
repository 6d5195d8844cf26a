/** The same file in every engine that it claims to load into: the same alerts, with the same texts, on the same data. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RULE_ROWS } from '../../src/model/alarms/alarms.ts';
import { has, needs } from '../needs.ts';
import { ENGINES, type Engine, type FiringAlert, nameOf } from './engines.ts';
import { RULES_FILE } from './rule-book.ts';
import { ScriptedAgents } from './scripted-agents.ts';

const WITHIN_MS = 40_000;
/** Long enough for a machine that is busy with other tests to see what is held for so long. */
const KEEP_FIRING_SECONDS = 6;
/** Nodes of the cluster `lab`, and of `other`. */
const LAB = ['a', 'b', 'c'];
const OTHERS = ['d', 'e', 'f'];
const alarmsOf = (node: string) => RULE_ROWS.map(({ alertname }) => `${alertname} ${node}`);

type Step = {
  readonly it: string;
  readonly does: (agents: ScriptedAgents['agents']) => void;
  /** Names of all alerts that fire then, at some moment. */
  readonly firing: readonly string[];
};

const ALWAYS = 'ConntrackNodeLabelMissing nameless';

const SCRIPT: readonly Step[] = [
  { it: 'a missing label, and not for alarms that are older than the engine', does: () => undefined, firing: [] },
  {
    it: 'alarms that are active, and alarms that came and went between two scrapes',
    does({ a, b }) {
      Object.assign(a!, { isActive: true, raised: 4 });
      Object.assign(b!, { raised: 4 });
    },
    firing: [...alarmsOf('a'), ...alarmsOf('b')],
  },
  {
    it: 'an agent that does not answer; no more for alarms that ended, nor for a restarted agent that counts from 0 again',
    does({ a, c }) {
      Object.assign(a!, { isActive: false, raised: 0 });
      Object.assign(c!, { isAway: true });
    },
    firing: ['ConntrackAgentDown c'],
  },
  {
    it: 'alarms that came and went while an agent could not be scraped',
    does: ({ c }) => Object.assign(c!, { isAway: false, raised: 4 }),
    firing: alarmsOf('c'),
  },
  {
    it: 'a cluster without headroom, and one that is imbalanced',
    does(agents) {
      for (const node of LAB) Object.assign(agents[node]!, { entries: 950 });
      Object.assign(agents[OTHERS[0]!]!, { entries: 600 });
    },
    firing: ['ConntrackClusterHeadroomLow lab', 'ConntrackLoadImbalanced other'],
  },
];

/** What each engine said at each step, first engine first. */
const seen = new Map<string, readonly FiringAlert[][]>();
const available = ENGINES.filter((engine) => engine.needs.every(has));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conntrack-engines-'));
  const agents = new ScriptedAgents([...LAB, ...OTHERS, 'nameless']);
  const engines: Engine[] = [];
  try {
    const address = await agents.listen();
    const rulesFile = join(folder, 'rules.yaml');
    await writeFile(rulesFile, hurried(await readFile(RULES_FILE, 'utf8')));
    const targets = [
      ...LAB.map((node) => targetOf('lab', node)),
      ...OTHERS.map((node) => targetOf('other', node)),
      { path: '/nameless', labels: { instance: 'nameless' } },
    ];
    const options = { folder, rulesFile, targets, address };
    engines.push(...(await Promise.all(available.map(({ start }) => start(options)))));
    const said = engines.map((): FiringAlert[][] => []);
    for (const { does, firing } of SCRIPT) {
      does(agents.agents);
      const wanted = [...firing, ALWAYS].sort();
      const answers = await Promise.all(engines.map((engine) => whenFiring(engine, wanted)));
      for (const [i, answer] of answers.entries()) said[i]!.push(answer);
    }
    for (const [i, { name }] of available.entries()) seen.set(name, said[i]!);
  } finally {
    await Promise.all(engines.map((engine) => engine.stop()));
    agents.close();
    await rm(folder, { recursive: true });
  }
}, 180_000);

afterAll(() => seen.clear());

const targetOf = (cluster: string, node: string) => ({ path: `/${node}`, labels: { cluster, node, instance: node } });

/** The alerts when they are those that are wanted, or what there is when it takes too long. */
async function whenFiring(engine: Engine, wanted: readonly string[]): Promise<FiringAlert[]> {
  let firing: FiringAlert[] = [];
  const look = async () => {
    firing = await engine.firing();
    expect(firing.map(nameOf).sort()).toEqual(wanted);
  };
  await vi.waitFor(look, { timeout: WITHIN_MS, interval: 200 }).catch(() => undefined); // The tests say what is missing.
  return firing;
}

describe.each(ENGINES)('$name', ({ name, needs: wanted }) => {
  it.each(SCRIPT.map((step, index) => ({ ...step, index })))('fires for $it', ({ index, firing }) => {
    const answer = seen.get(name)?.[index];
    if (answer !== undefined) expect(answer.map(nameOf).sort()).toEqual([...firing, ALWAYS].sort());
  });

  it('has been asked, and says of the alarms what the first engine says', (context) => {
    needs(context, ...wanted);
    const [first] = seen.values();
    expect(seen.get(name)![1]).toEqual(first![1]);
  });
});

/** What has to stand for minutes stands for seconds here. */
function hurried(rules: string): string {
  return rules
    .replaceAll(/^( +for:) \d+m$/gm, '$1 2s')
    .replaceAll(/^( +keep_firing_for:) \d+m$/gm, `$1 ${KEEP_FIRING_SECONDS}s`);
}
