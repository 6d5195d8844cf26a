/** What a simulated node may go through. Times are seconds of the node, levels shares of its limit. */

import { full, jitter, level, path, type Random, sum, upToFull, wave } from './shape.ts';
import type { Loss, Surge, Timeline } from './timeline.ts';

export type ScenarioAlert = {
  readonly alertname: string;
  /** From the start of the node until it fires, as an agent of the default thresholds was seen to raise it. */
  readonly afterSeconds: number;
  /** Where it fires again in each period of the scenario. */
  readonly everySeconds?: number;
};

export type Scenario = {
  readonly name: string;
  /** For a person who looks at the fleet. */
  readonly description: string;
  /** Alerts that it causes, in order of time. */
  readonly alerts: readonly ScenarioAlert[];
  /** Kernels it can run on: folders under test/fixtures/nodes. */
  readonly kernels: readonly string[];
  /** Entries that fit into one bucket, on average, when the table is full. */
  readonly entriesPerBucket?: number;
  /** What a flow sample shows; undefined where none is taken. */
  readonly flows?: { readonly surge: Surge | undefined; readonly baseline: number };
  readonly timeline: (random: Random) => Timeline;
};

const ANY = ['linux-6.18', 'debian-6.1', 'rhel8-4.18'] as const;
/** Kernels that tell long chains from other insert failures. */
const NEW = ['linux-6.18', 'debian-6.1'] as const;

/** Counts that every node has in small numbers. */
function backgroundLosses(random: Random): Loss[] {
  return [
    { cause: 'invalid', perSecond: 0.2 + 2 * random() },
    { cause: 'clashes', perSecond: 0.1 + 0.4 * random() },
    { cause: 'icmpErrors', perSecond: 0.02 },
    { cause: 'searchRestarts', perSecond: 0.5 * random() },
    { cause: 'natCollisions', perSecond: 0.3 * random() },
  ];
}

function constantUsage(random: Random, share: number, ...losses: readonly Loss[]): Timeline {
  return { usage: sum(level(share), jitter(random)), losses: [...backgroundLosses(random), ...losses] };
}

const LEAK = { everySeconds: 2700, from: 1500, to: 2100 };
const FLOOD = { everySeconds: 2400, from: 360, to: 1200 };

/** In this order: a smaller fleet has the first of them. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'leak',
    description: 'rises from 62 % to full in 25 minutes, stays full for ten, is restarted; connections nobody closes',
    alerts: [
      { alertname: 'ConntrackTableFillingUp', afterSeconds: 605 },
      { alertname: 'ConntrackTableNearlyFull', afterSeconds: 1110 },
      { alertname: 'ConntrackTableHigh', afterSeconds: 1230 },
      { alertname: 'ConntrackTableFull', afterSeconds: LEAK.from, everySeconds: LEAK.everySeconds },
    ],
    kernels: NEW,
    flows: { surge: 'idle-connections', baseline: 0.2 },
    timeline: (random) => ({
      usage: upToFull(
        path(LEAK.everySeconds, [
          [0, 0.62],
          [LEAK.from, 1],
          [LEAK.to, 1],
          [LEAK.to + 60, 0.62],
        ]),
      ),
      losses: [...backgroundLosses(random), { cause: 'room', perSecond: 40, during: LEAK }],
    }),
  },
  {
    name: 'saturated',
    description: 'full since before anyone looked: swings between 95 and 100 % and drops 120 packets a second',
    alerts: [
      { alertname: 'ConntrackTableFull', afterSeconds: 0 },
      { alertname: 'ConntrackTableNearlyFull', afterSeconds: 0 },
      { alertname: 'ConntrackTableHigh', afterSeconds: 120 },
    ],
    kernels: ANY,
    flows: { surge: 'dns-storm', baseline: 0.3 },
    timeline: (random) => ({
      usage: full,
      losses: [...backgroundLosses(random), { cause: 'room', perSecond: 120 }, { cause: 'evicted', perSecond: 60 }],
    }),
  },
  {
    name: 'flood',
    description:
      'flooded with SYNs every 40 minutes: full within a minute, for fourteen, dropping 850 packets a second',
    alerts: [
      { alertname: 'ConntrackTableNearlyFull', afterSeconds: 355 },
      { alertname: 'ConntrackTableFull', afterSeconds: FLOOD.from, everySeconds: FLOOD.everySeconds },
      { alertname: 'ConntrackTableHigh', afterSeconds: 475 },
    ],
    kernels: ANY,
    flows: { surge: 'syn-flood', baseline: 0.22 },
    timeline: (random) => ({
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
        ...backgroundLosses(random),
        { cause: 'room', perSecond: 850, during: FLOOD },
        { cause: 'evicted', perSecond: 300, during: FLOOD },
      ],
    }),
  },
  {
    name: 'burst',
    description: 'at a quarter, but for two seconds every five minutes at 93 %: between two scrapes',
    alerts: [],
    kernels: ANY,
    timeline: (random) => ({
      usage: sum(
        path(300, [
          [0, 0.25],
          [97, 0.25],
          [97.5, 0.93],
          [99.5, 0.93],
          [100, 0.25],
        ]),
        jitter(random),
      ),
      losses: backgroundLosses(random),
    }),
  },
  {
    name: 'races',
    description: 'a third full and loses 0.8 packets a second to insert failures, as DNS clients do',
    alerts: [{ alertname: 'ConntrackInsertFailures', afterSeconds: 100 }],
    kernels: ANY,
    flows: { surge: undefined, baseline: 1 },
    timeline: (random) =>
      constantUsage(random, 0.33, { cause: 'races', perSecond: 0.8 }, { cause: 'clashes', perSecond: 12 }),
  },
  {
    name: 'chains',
    description:
      'two thirds full with an eighth of the buckets it needs: 0.3 insertions a second fail for a long chain',
    alerts: [{ alertname: 'ConntrackChainsTooLong', afterSeconds: 65 }],
    kernels: NEW,
    entriesPerBucket: 8,
    timeline: (random) => constantUsage(random, 0.66, { cause: 'chains', perSecond: 0.3 }),
  },
  {
    name: 'invalid',
    description: '400 packets a second that fit no connection',
    alerts: [{ alertname: 'ConntrackInvalidPackets', afterSeconds: 975 }],
    kernels: ANY,
    timeline: (random) => constantUsage(random, 0.3, { cause: 'invalid', perSecond: 400 }),
  },
  {
    name: 'tide',
    description: 'between 30 and 70 % and back in four hours: the working day',
    alerts: [],
    kernels: ANY,
    timeline: (random) => ({
      usage: sum(level(0.5), wave(0.2, 14_400, random), jitter(random)),
      losses: backgroundLosses(random),
    }),
  },
  {
    name: 'steady',
    description: 'nothing ever happens',
    alerts: [],
    kernels: ANY,
    timeline: (random) => constantUsage(random, 0.15 + 0.3 * random()),
  },
  {
    name: 'agent-down',
    description: 'the agent answers for a minute, then not for 79, of every three hours',
    alerts: [{ alertname: 'ConntrackAgentDown', afterSeconds: 360, everySeconds: 10_800 }],
    kernels: ANY,
    timeline: (random) => ({ ...constantUsage(random, 0.4), agentDown: { everySeconds: 10_800, from: 60, to: 4800 } }),
  },
  {
    name: 'foreign-namespace',
    description: 'the agent runs in the network namespace of a pod: an empty table for ever, and not that of the node',
    alerts: [{ alertname: 'ConntrackNoData', afterSeconds: 305 }],
    kernels: ['foreign-namespace'],
    timeline: () => ({ usage: level(0), losses: [] }),
  },
  {
    name: 'no-stat-file',
    description: 'a kernel without /proc/net/stat/nf_conntrack: no counters, so no losses to see',
    alerts: [],
    kernels: ['ubuntu-5.15-no-stat-file'],
    timeline: (random) => constantUsage(random, 0.4),
  },
  {
    name: 'limit-lowered',
    description: 'the limit is halved after ten minutes, for half an hour of every hour',
    alerts: [{ alertname: 'ConntrackLimitLowered', afterSeconds: 660 }],
    kernels: ANY,
    timeline: (random) => ({
      ...constantUsage(random, 0.35),
      limitHalved: { everySeconds: 3600, from: 600, to: 2400 },
    }),
  },
];
