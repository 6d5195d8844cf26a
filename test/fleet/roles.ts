/** The parts a node may play. Times are seconds of the node, levels shares of its limit. */
import type { Culprit, Loss, Script } from './script.ts';
import { full, level, path, type Random, sum, unrest, upToFull, wave } from './shape.ts';

export type Role = {
  readonly name: string;
  /** For a person who looks at the fleet. */
  readonly story: string;
  /** Kernels it can be played on: folders under test/fixtures/nodes. */
  readonly kernels: readonly string[];
  /** Entries that fit into one bucket, on average, when the table is full. */
  readonly entriesPerBucket?: number;
  /** Whom a flow sample names; undefined where none is taken. */
  readonly flows?: { readonly culprit: Culprit | undefined; readonly everyday: number };
  readonly script: (random: Random) => Script;
};

const ANY = ['linux-6.18', 'debian-6.1', 'rhel8-4.18'] as const;
/** Kernels that tell long chains from other insert failures. */
const NEW = ['linux-6.18', 'debian-6.1'] as const;

/** The weather: no node is without. */
function weather(random: Random): Loss[] {
  return [
    { cause: 'invalid', perSecond: 0.2 + 2 * random() },
    { cause: 'clashes', perSecond: 0.1 + 0.4 * random() },
    { cause: 'icmpErrors', perSecond: 0.02 },
    { cause: 'searchRestarts', perSecond: 0.5 * random() },
    { cause: 'natCollisions', perSecond: 0.3 * random() },
  ];
}

function calm(random: Random, share: number, ...losses: readonly Loss[]): Script {
  return { usage: sum(level(share), unrest(random)), losses: [...weather(random), ...losses] };
}

const LEAK = { everySeconds: 2700, from: 1500, to: 2100 };
const FLOOD = { everySeconds: 2400, from: 360, to: 1200 };

/** In this order: a fleet of twelve has each once, and who asks for fewer gets the first. */
export const ROLES: readonly Role[] = [
  {
    name: 'leak',
    story: 'rises from 62 % to full in 25 minutes, stays full for ten, is restarted; connections nobody closes',
    kernels: NEW,
    flows: { culprit: 'idle-connections', everyday: 0.2 },
    script: (random) => ({
      usage: upToFull(
        path(LEAK.everySeconds, [
          [0, 0.62],
          [LEAK.from, 1],
          [LEAK.to, 1],
          [LEAK.to + 60, 0.62],
        ]),
      ),
      losses: [...weather(random), { cause: 'room', perSecond: 40, during: LEAK }],
    }),
  },
  {
    name: 'saturated',
    story: 'full since before anyone looked: swings between 95 and 100 % and drops 120 packets a second',
    kernels: ANY,
    flows: { culprit: 'dns-storm', everyday: 0.3 },
    script: (random) => ({
      usage: full,
      losses: [...weather(random), { cause: 'room', perSecond: 120 }, { cause: 'evicted', perSecond: 60 }],
    }),
  },
  {
    name: 'flood',
    story: 'flooded with SYNs every 40 minutes: full within a minute, for fourteen, dropping 850 packets a second',
    kernels: ANY,
    flows: { culprit: 'syn-flood', everyday: 0.22 },
    script: (random) => ({
      usage: upToFull(
        path(FLOOD.everySeconds, [
          [0, 0.22],
          [FLOOD.from - 60, 0.22],
          [FLOOD.from, 1],
          [FLOOD.to, 1],
          [FLOOD.to + 120, 0.22],
        ]),
      ),
      losses: [
        ...weather(random),
        { cause: 'room', perSecond: 850, during: FLOOD },
        { cause: 'evicted', perSecond: 300, during: FLOOD },
      ],
    }),
  },
  {
    name: 'burst',
    story: 'at a quarter, but for two seconds every five minutes at 93 %: between two scrapes',
    kernels: ANY,
    script: (random) => ({
      usage: sum(
        path(300, [
          [0, 0.25],
          [97, 0.25],
          [97.5, 0.93],
          [99.5, 0.93],
          [100, 0.25],
        ]),
        unrest(random),
      ),
      losses: weather(random),
    }),
  },
  {
    name: 'races',
    story: 'a third full and loses 0.8 packets a second to insert failures, as DNS clients do',
    kernels: ANY,
    flows: { culprit: undefined, everyday: 1 },
    script: (random) => calm(random, 0.33, { cause: 'races', perSecond: 0.8 }, { cause: 'clashes', perSecond: 12 }),
  },
  {
    name: 'chains',
    story: 'two thirds full with an eighth of the buckets it needs: 0.3 insertions a second fail for a long chain',
    kernels: NEW,
    entriesPerBucket: 8,
    script: (random) => calm(random, 0.66, { cause: 'chains', perSecond: 0.3 }),
  },
  {
    name: 'invalid',
    story: '400 packets a second that fit no connection',
    kernels: ANY,
    script: (random) => calm(random, 0.3, { cause: 'invalid', perSecond: 400 }),
  },
  {
    name: 'tide',
    story: 'between 30 and 70 % and back in four hours: the working day',
    kernels: ANY,
    script: (random) => ({
      usage: sum(level(0.5), wave(0.2, 14_400, random), unrest(random)),
      losses: weather(random),
    }),
  },
  {
    name: 'steady',
    story: 'nothing ever happens',
    kernels: ANY,
    script: (random) => calm(random, 0.15 + 0.3 * random()),
  },
  {
    name: 'agent-down',
    story: 'the agent answers for a minute, then not for 79, of every three hours',
    kernels: ANY,
    script: (random) => ({ ...calm(random, 0.4), agentAway: { everySeconds: 10_800, from: 60, to: 4800 } }),
  },
  {
    name: 'foreign-namespace',
    story: 'the agent runs in the network namespace of a pod: an empty table for ever, and not that of the node',
    kernels: ['foreign-namespace'],
    script: () => ({ usage: level(0), losses: [] }),
  },
  {
    name: 'no-stat-file',
    story: 'a kernel without /proc/net/stat/nf_conntrack: no counters, so no losses to see',
    kernels: ['ubuntu-5.15-no-stat-file'],
    script: (random) => calm(random, 0.4),
  },
  {
    name: 'limit-lowered',
    story: 'the limit is halved after ten minutes, for half an hour of every hour',
    kernels: ANY,
    script: (random) => ({ ...calm(random, 0.35), limitHalved: { everySeconds: 3600, from: 600, to: 2400 } }),
  },
];
