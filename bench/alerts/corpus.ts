import { burst, HOUR, LEAD_IN, type Level, MINUTE, ramp, tide, tooth, trace } from './shapes.ts';
import type { Trace } from './trace.ts';

function ramps(): Trace[] {
  return [
    ['2 min', 2 * MINUTE, 0.3, 131_072],
    ['4 min', 4 * MINUTE, 0.2, 262_144],
    ['8 min', 8 * MINUTE, 0.1, 65_536],
    ['10 min', 10 * MINUTE, 0.3, 1_048_576],
    ['15 min', 15 * MINUTE, 0.5, 4096],
    ['30 min', 30 * MINUTE, 0.2, 262_144],
    ['1 h', HOUR, 0.6, 524_288],
    ['2 h', 2 * HOUR, 0.25, 32_768],
  ].map(([name, seconds, from, limit]) => {
    const [length, start, limitEntries] = [Number(seconds), Number(from), Number(limit)];
    // It would go on to 130 %, so that it reaches the limit at the time its name says.
    const level = ramp(start, start + (1 - start) * 1.3, length * 1.3);
    return trace(`ramp of ${name}`, 'page', LEAD_IN + length + 10 * MINUTE, level, {
      limit: limitEntries,
      risesAt: LEAD_IN,
    });
  });
}

function leaks(): Trace[] {
  return [
    trace('slow leak, 6 h', 'page', LEAD_IN + 6 * HOUR + 10 * MINUTE, ramp(0.2, 1.05, 6.4 * HOUR), {
      risesAt: LEAD_IN,
    }),
    trace('slow leak, 6 h, noisy', 'page', LEAD_IN + 6 * HOUR, ramp(0.3, 1.1, 6 * HOUR), {
      risesAt: LEAD_IN,
      noise: 0.05,
    }),
    trace('doubling every 4 min', 'page', LEAD_IN + 15 * MINUTE, (t) => 0.1 * 2 ** (Math.max(0, t - LEAD_IN) / 240), {
      risesAt: LEAD_IN,
    }),
    trace(
      'leak under a saw-tooth of 45 s',
      'page',
      LEAD_IN + 45 * MINUTE,
      (t) => ramp(0.3, 1.05, 40 * MINUTE)(t) * tooth(0.85, 1, 45)(t),
      { risesAt: LEAD_IN },
    ),
  ];
}

function floods(): Trace[] {
  const flood = (from: number, seconds: number) => (t: number) => (t > LEAD_IN && t < LEAD_IN + seconds ? 3 : from);
  return [
    trace('step flood', 'page', LEAD_IN + 10 * MINUTE, flood(0.2, HOUR)),
    trace('step flood of 20 s', 'page', LEAD_IN + 10 * MINUTE, flood(0.3, 20), { limit: 16_384 }),
    trace('one-second bursts to 100 %', 'page', LEAD_IN + 20 * MINUTE, burst(0.3, 1.5, 1, 7 * MINUTE)),
    trace('five-second bursts to 100 %', 'page', LEAD_IN + 20 * MINUTE, burst(0.4, 1.5, 5, 6 * MINUTE)),
    trace('saturated, swinging 95 to 100 %', 'page', LEAD_IN + 20 * MINUTE, (t) => (t > LEAD_IN ? 1.1 : 0.9 - 0.3)),
    trace('saturated from the start', 'page', 15 * MINUTE, () => 1.2),
    trace('step flood, counters wrap', 'page', LEAD_IN + 10 * MINUTE, flood(0.2, HOUR), {
      countersFrom: 2 ** 32 - 2000,
    }),
  ];
}

function healthy(): Trace[] {
  const wave = (t: number) => (t < LEAD_IN ? 0 : Math.exp(-Math.max(0, ((t - LEAD_IN) % 2400) - 180) / 300));
  const rise = (t: number) => (t < LEAD_IN ? 0 : Math.min(1, ((t - LEAD_IN) % 2400) / 180));
  return [
    ...[20, 45, 90, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE].map((period) =>
      trace(`saw-tooth of ${period} s, 30 to 88 %`, 'nothing', 3 * HOUR, tooth(0.3, 0.88, period)),
    ),
    trace('one-second bursts to 97 %', 'nothing', LEAD_IN + 30 * MINUTE, burst(0.3, 0.97, 1, 3 * MINUTE), {
      noise: 0.005,
    }),
    trace('five-second bursts to 97 %', 'nothing', LEAD_IN + 30 * MINUTE, burst(0.4, 0.97, 5, 4 * MINUTE), {
      noise: 0.005,
    }),
    trace('daily tide peaking at 72 %', 'nothing', 13 * HOUR, tide(0.2, 0.71, 1), { sampleMs: 1000 }),
    trace('steep daily tide peaking at 72 %', 'nothing', 13 * HOUR, tide(0.1, 0.71, 4), { sampleMs: 1000 }),
    trace('busy but stable at 85 %', 'nothing', 2 * HOUR, () => 0.85, { noise: 0.02 }),
    trace('busy but stable at 85 %, small table', 'nothing', HOUR, () => 0.85, { noise: 0.03, limit: 4096 }),
    trace('deploy waves to 68 %', 'nothing', 3 * HOUR, (t) => 0.35 + 0.33 * rise(t) * wave(t)),
    trace('rollout: a step from 40 to 70 %', 'nothing', HOUR, (t) => (t < LEAD_IN ? 0.4 : 0.7)),
    trace('quiet node', 'nothing', HOUR, () => 0.02, { limit: 1_048_576, noise: 0.5 }),
    trace('counters wrap on a healthy node', 'nothing', HOUR, () => 0.4, { countersFrom: 2 ** 32 - 1 }),
    trace('agent restarts on a healthy node', 'nothing', HOUR, () => 0.6, {
      agentAway: [
        [1200, 1207],
        [2400, 2460],
      ],
    }),
    trace('scrape gaps on a healthy node', 'nothing', HOUR, () => 0.6, {
      scrapesLost: [
        [1200, 1380],
        [2400, 2640],
      ],
    }),
  ];
}

function changesOfLimit(): Trace[] {
  const limitAt = (
    name: string,
    deserves: Trace['deserves'],
    share: Level,
    limits: [number, number],
    more = {},
  ): Trace => {
    const shape = trace(name, deserves, LEAD_IN + 30 * MINUTE, share, { limit: 100_000, ...more });
    return { ...shape, at: (t) => ({ ...shape.at(t), limit: limits[t < LEAD_IN ? 0 : 1] }) };
  };
  return [
    limitAt('limit raised on a busy node', 'nothing', () => 0.85, [100_000, 200_000]),
    limitAt('limit lowered, still room', 'ticket', () => 0.3, [262_144, 131_072]),
    limitAt('limit lowered under the count', 'page', () => 0.9, [131_072, 65_536]),
    limitAt(
      'limit raised, leak goes on',
      'page',
      (t) => 0.85 + (0.65 * Math.max(0, t - LEAD_IN)) / (25 * MINUTE),
      [100_000, 140_000],
      {
        risesAt: LEAD_IN,
      },
    ),
  ];
}

function missingData(): Trace[] {
  const flood = (from: number, seconds: number) => (t: number) => (t > from && t < from + seconds ? 2 : 0.3);
  const races = (perSecond: number): Trace => {
    const shape = trace(`DNS race, ${perSecond} packets/s`, 'ticket', HOUR, () => 0.2);
    return { ...shape, at: (t) => ({ ...shape.at(t), racesPerSecond: t > LEAD_IN ? perSecond : 0 }) };
  };
  return [
    trace('agent restarts in a flood', 'page', LEAD_IN + 10 * MINUTE, flood(LEAD_IN, 5 * MINUTE), {
      agentAway: [[640, 650]],
    }),
    trace('agent restarts on a ramp', 'page', LEAD_IN + 25 * MINUTE, ramp(0.3, 1.1, 22 * MINUTE), {
      agentAway: [[900, 910]],
      risesAt: LEAD_IN,
    }),
    trace('flood within a scrape gap of 3 min', 'page', HOUR, flood(1260, 30), { scrapesLost: [[1200, 1380]] }),
    trace('flood within a scrape gap of 8 min', 'page', HOUR, flood(1320, 30), { scrapesLost: [[1200, 1680]] }),
    races(2),
    races(0.2),
  ];
}

export const CORPUS: readonly Trace[] = [
  ...leaks(),
  ...ramps(),
  ...floods(),
  ...changesOfLimit(),
  ...missingData(),
  ...healthy(),
];
