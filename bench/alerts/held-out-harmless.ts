/** The part of the held-out corpus in which the table never fills and nothing is wrong. */
import {
  altered,
  HOUR,
  LEAD_IN,
  type Level,
  MINUTE,
  path,
  progress,
  type Shape,
  smooth,
  tide,
  tooth,
  trace,
  type Wave,
  wave,
} from './shapes.ts';
import type { Trace } from './trace.ts';

const harmless = (name: string, seconds: number, level: Level, shape: Shape = {}): Trace =>
  trace(name, 'nothing', seconds, level, shape);

function waves(): Trace[] {
  const one = (seconds: number, from: number, form: Wave['form'], end: Wave['end'], shape: Shape = {}) =>
    harmless(
      `deploy: ${Math.round(from * 100)} to 78 % in ${seconds} s, ${form}, ${end}`,
      30 * MINUTE,
      wave({ from, top: 0.78, seconds, form, end }),
      shape,
    );
  const again =
    (level: Level, every: number): Level =>
    (t) =>
      level(t < LEAD_IN ? t : LEAD_IN + ((t - LEAD_IN) % every));
  return [
    one(90, 0.35, 'linear', 'decays'),
    one(90, 0.45, 'S-shaped', 'stays', { limit: 65_536 }),
    one(120, 0.4, 'S-shaped', 'decays'),
    one(120, 0.45, 'linear', 'stays', { noise: 0.02 }),
    one(180, 0.35, 'linear', 'stays', { limit: 1_048_576 }),
    one(180, 0.4, 'S-shaped', 'decays', { noise: 0.02 }),
    harmless(
      'deploy right after a restart',
      40 * MINUTE,
      wave({ from: 0.35, top: 0.72, seconds: 150, form: 'S-shaped', end: 'decays' }),
      {
        agentAway: [[LEAD_IN - 12, LEAD_IN - 4]],
      },
    ),
    harmless(
      'three deploys to 78 %',
      100 * MINUTE,
      again(wave({ from: 0.38, top: 0.78, seconds: 150, form: 'S-shaped', end: 'decays' }), 1800),
    ),
  ];
}

function steadyOrPeriodic(): Trace[] {
  const turns = (period: number) => (t: number) => Math.sin((2 * Math.PI * t) / period);
  const batch = (every: number, top: number) => (t: number) => {
    const into = (((t - LEAD_IN) % every) + every) % every;
    return 0.32 + (top - 0.32) * (into < 90 ? Math.min(1, into / 35) : Math.exp((90 - into) / 60));
  };
  // Three days of eight hours, each peaking a little higher than the one before, as the days before a weekend.
  const week: Level = (t) => tide(0.25, 0.6 + 0.05 * Math.floor(t / (8 * HOUR)), 2)(t * 3);
  return [
    harmless('a table that breathes for an hour', 2.5 * HOUR, (t) => 0.58 + 0.17 * turns(HOUR)(t)),
    harmless('a table that breathes for a quarter of an hour', 1.5 * HOUR, (t) => 0.6 + 0.18 * turns(900)(t), {
      noise: 0.02,
    }),
    harmless('batch job every 7 min', 1.3 * HOUR, batch(7 * MINUTE, 0.74)),
    harmless('batch job every 13 min', 1.5 * HOUR, batch(13 * MINUTE, 0.82), { limit: 131_072 }),
    harmless('saw-tooth of 75 s under noise', HOUR, tooth(0.3, 0.78, 75), { noise: 0.06 }),
    harmless('saw-tooth of 240 s under noise', HOUR, tooth(0.35, 0.8, 240), { noise: 0.05 }),
    harmless('noise of 10 %', HOUR, () => 0.7, { noise: 0.1 }),
    harmless('very small table under noise', HOUR, () => 0.74, { limit: 1024, noise: 0.06 }),
    harmless('very large table', HOUR, (t) => 0.6 + 0.05 * turns(1400)(t), { limit: 4_194_304 }),
    harmless('days that peak higher and higher', 24 * HOUR, week, { sampleMs: 1000 }),
  ];
}

function risesThatStop(): Trace[] {
  const stairs = path(
    ...[0, 1, 2, 3, 4, 5].flatMap((i): [number, number][] => [
      [LEAD_IN + 360 * i, 0.3 + 0.08 * i],
      [LEAD_IN + 360 * i + 45, 0.38 + 0.08 * i],
    ]),
  );
  return [
    harmless('a staircase that stops', LEAD_IN + 55 * MINUTE, stairs),
    harmless('traffic of a node that leaves', 45 * MINUTE, path([LEAD_IN, 0.42], [LEAD_IN + 15, 0.75])),
    harmless('a slow rise that stops at 80 %', 55 * MINUTE, path([LEAD_IN, 0.45], [LEAD_IN + 22 * MINUTE, 0.8])),
    harmless('a node that just started, full of work', 40 * MINUTE, () => 0.8),
    harmless(
      'a node that just started and fills up to its work',
      40 * MINUTE,
      (t) => 0.02 + 0.6 * smooth(progress(0, 250))(t),
    ),
    harmless('timeouts shortened', 40 * MINUTE, path([LEAD_IN, 0.8], [LEAD_IN + 40, 0.33]), { noise: 0.02 }),
    harmless(
      'a burst of 30 s to 87 %',
      40 * MINUTE,
      (t) => 0.3 + (t < LEAD_IN ? 0 : 0.57 * Math.exp(Math.min(0, LEAD_IN + 30 - t) / 120)),
    ),
    altered(
      harmless(
        'limit raised in the middle of a rise',
        45 * MINUTE,
        path([LEAD_IN, 0.4], [LEAD_IN + 20 * MINUTE, 1.1]),
        {
          limit: 100_000,
        },
      ),
      (t) => ({ limit: t < LEAD_IN + 8 * MINUTE ? 100_000 : 200_000 }),
    ),
  ];
}

export const HARMLESS: readonly Trace[] = [...waves(), ...steadyOrPeriodic(), ...risesThatStop()];
