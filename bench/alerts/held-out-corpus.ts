/**
 * Traces that nobody tunes the alarms on: who has looked at how they do must not change an alarm for their sake.
 * Half of them are harmless. The seed of a trace comes from its name where none is given.
 */
import { HARMLESS } from './held-out-harmless.ts';
import { altered, LEAD_IN, type Level, MINUTE, path, progress, type Shape, tooth, trace } from './shapes.ts';
import type { NodeState, Trace } from './trace.ts';

/** The table fills and packets are lost; `risesAt` is given where the rise can be seen beforehand. */
const losing = (name: string, seconds: number, level: Level, shape: Shape = {}): Trace =>
  trace(name, 'page', seconds, level, shape);

/** A straight rise that reaches the limit after so many minutes and then goes on. */
function ramp(minutes: number, from: number, shape: Shape = {}): Trace {
  const end = LEAD_IN + minutes * MINUTE;
  const level = path([LEAD_IN, from], [end, 1], [end + 2 * MINUTE, 1 + (2 * (1 - from)) / minutes]);
  const name = `${minutes} min from ${Math.round(from * 100)} % to full`;
  return losing(name, end + 3 * MINUTE, level, { risesAt: LEAD_IN, ...shape });
}

function ramps(): Trace[] {
  return [
    ramp(6, 0.35),
    ramp(6, 0.62, { limit: 131_072, noise: 0.003, seed: 11 }),
    ramp(7, 0.15, { limit: 65_536 }),
    ramp(9, 0.55, { limit: 16_384, noise: 0.02 }),
    ramp(12, 0.4, { limit: 1_048_576, noise: 0.02 }),
    ramp(20, 0.25, { limit: 524_288 }),
    ramp(45, 0.65),
    ramp(10, 0.3, { limit: 1024, noise: 0.03 }),
    ramp(15, 0.1, { limit: 4_194_304 }),
    ramp(14, 0.45, { scrapesLost: [[LEAD_IN + 4 * MINUTE, LEAD_IN + 9 * MINUTE]] }),
    losing('a rise with a pause', 34 * MINUTE, path([LEAD_IN, 0.3], [900, 0.58], [1260, 0.58], [1740, 1.05]), {
      risesAt: 1260,
    }),
    losing('a node that just started and fills', 14 * MINUTE, path([0, 0.04], [9 * MINUTE, 1], [660, 1.1]), {
      risesAt: 0,
    }),
    losing('a half-full node that just started and fills', 16 * MINUTE, path([0, 0.5], [12 * MINUTE, 1], [840, 1.05]), {
      risesAt: 0,
      limit: 32_768,
    }),
  ];
}

function otherRises(): Trace[] {
  const doubling = (t: number) => Math.min(3, 0.08 * 2 ** (Math.max(0, t - LEAD_IN) / 180));
  const growingTeeth = (t: number) => 0.35 + (0.2 + 0.5 * progress(LEAD_IN, 40 * MINUTE)(t)) * tooth(0, 1, 170)(t);
  const stairs = (t: number) => {
    const [step, into] = [Math.floor(Math.max(0, t - LEAD_IN) / 300), Math.max(0, t - LEAD_IN) % 300];
    return 0.3 + 0.11 * (step + (t < LEAD_IN ? 0 : Math.min(1, into / 60)));
  };
  return [
    losing('accelerating tide', LEAD_IN + 95 * MINUTE, (t) => 0.28 + 0.8 * progress(LEAD_IN, 95 * MINUTE)(t) ** 3, {
      risesAt: LEAD_IN,
      noise: 0.015,
    }),
    losing(
      'two leaks in a row',
      78 * MINUTE,
      path([LEAD_IN, 0.2], [2400, 0.62], [2460, 0.25], [2760, 0.25], [4260, 1.02]),
      {
        risesAt: 2760,
      },
    ),
    losing('leak under noise', LEAD_IN + 42 * MINUTE, path([LEAD_IN, 0.3], [LEAD_IN + 42 * MINUTE, 1.08]), {
      risesAt: LEAD_IN,
      noise: 0.06,
    }),
    losing('doubling every 3 min', LEAD_IN + 13 * MINUTE, doubling, { risesAt: LEAD_IN }),
    losing('teeth that grow', LEAD_IN + 40 * MINUTE, growingTeeth, { risesAt: LEAD_IN }),
    losing('a staircase that goes on', LEAD_IN + 40 * MINUTE, stairs, { risesAt: LEAD_IN }),
  ];
}

function suddenLosses(): Trace[] {
  const decaying = (t: number) => 0.3 + (t < LEAD_IN ? 0 : 1.6 * Math.exp((LEAD_IN - t) / 180));
  return [
    losing('a flood that recovers', LEAD_IN + 20 * MINUTE, decaying),
    losing('a flood right after the start', 6 * MINUTE, path([20, 0.25], [26, 1.8]), { limit: 65_536 }),
    losing(
      'two other nodes leave, one after the other',
      40 * MINUTE,
      path([LEAD_IN, 0.4], [610, 0.75], [1500, 0.75], [1505, 1.1]),
    ),
    losing('a burst of 300 ms to 100 %', LEAD_IN + 25 * MINUTE, (t) => (t > 900 && t < 900.3 ? 1.6 : 0.35)),
    altered(
      losing('limit raised while the table is full', LEAD_IN + 20 * MINUTE, (t) => (t < LEAD_IN ? 0.5 : 1.25), {
        limit: 50_000,
      }),
      (t) => ({ limit: t < LEAD_IN + 3 * MINUTE ? 50_000 : 100_000 }),
    ),
  ];
}

/** A step in one of the counters after the lead-in, on a node with enough headroom. */
const counting = (
  name: string,
  deserves: Trace['deserves'],
  change: (isOn: boolean, second: number) => Partial<NodeState>,
) =>
  altered(
    trace(name, deserves, 40 * MINUTE, () => 0.3),
    (t) => change(t > LEAD_IN, t),
  );

function countersOnly(): Trace[] {
  return [
    counting('DNS race, 0.6 packets/s', 'ticket', (isOn) => ({ racesPerSecond: isOn ? 0.6 : 0 })),
    counting('invalid packets, 400/s', 'ticket', (isOn) => ({ invalidPerSecond: isOn ? 400 : 3 })),
    counting('chains too long, 0.5 packets/s', 'ticket', (isOn) => ({ chainTooLongPerSecond: isOn ? 0.5 : 0 })),
    counting('DNS race, a handful of packets', 'nothing', (isOn, t) => ({
      racesPerSecond: isOn && t < LEAD_IN + 3 ? 2 : 0,
    })),
    counting('invalid packets, 20/s', 'nothing', (isOn) => ({ invalidPerSecond: isOn ? 20 : 1 })),
    altered(
      trace('limit lowered by a third, still room', 'ticket', 35 * MINUTE, () => 0.4, { limit: 150_000 }),
      (t) => ({
        limit: t < LEAD_IN ? 150_000 : 100_000,
      }),
    ),
  ];
}

export const HELD_OUT_CORPUS: readonly Trace[] = [
  ...ramps(),
  ...otherRises(),
  ...suddenLosses(),
  ...countersOnly(),
  ...HARMLESS,
];
