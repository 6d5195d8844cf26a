import { durationIn, folder, value, wholeNumberIn } from '../src/config/option-values.ts';
import type { Flags } from './flags.ts';

const speed = value('a number from 0.1 to 100', (text) => {
  const number = /^\d{1,3}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  return number >= 0.1 && number <= 100 ? number : undefined;
});

export const DEMO_FLAGS = {
  speed: {
    value: speed,
    fallback: '1',
    help: "Seconds of the nodes' time in a second of yours",
  },
  seed: {
    value: wholeNumberIn(0, 2 ** 31),
    fallback: '1',
    help: 'Which node has which scenario; the same seed gives the same fleet',
  },
  'sample.interval': {
    value: durationIn(10, 10_000),
    fallback: '100ms',
    help: "Time between two samples of a table, in the nodes' time",
  },
  port: { value: wholeNumberIn(0, 65_535), fallback: '10400', help: 'Port of 127.0.0.1; 0 picks a free one' },
} as const satisfies Flags;

export const FLEET_FLAGS = {
  nodes: { value: wholeNumberIn(0, 20_000), fallback: '12', help: 'Nodes to simulate' },
  ...DEMO_FLAGS,
  out: { value: folder, fallback: '.fleet', help: 'Folder that prometheus.yml is written into' },
  'scrape.interval': {
    value: durationIn(1000, 300_000),
    fallback: '15s',
    help: 'Scrape and evaluation interval in prometheus.yml',
  },
} as const satisfies Flags;

export const SPEED_HELP = `With --speed 10 the nodes live ten times as fast, and Prometheus does not: what an agent says of itself (growth,
time to full, its one-minute peak) is in seconds of the node, while rate() and increase() of its counters, and
the slope of its entries, are ten times what the scenario says. Times in "for:" and in windows of rules stay
Prometheus' own. Use --speed 1 to see numbers that agree with each other.

An agent reads everything with every tenth sample, but not more often than once a second of yours, and for each scrape.`;
