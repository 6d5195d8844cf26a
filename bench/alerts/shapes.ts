import { randomFrom } from '../../simulator/random.ts';
import type { Deserved, NodeState, Trace } from './trace.ts';

export const MINUTE = 60;
export const HOUR = 3600;
/** Lead-in of each trace, in which nothing happens. */
export const LEAD_IN = 10 * MINUTE;

/** Share of the limit at a second; the noise of real traffic is laid over it. */
export type Level = (second: number) => number;

export type Shape = Partial<Trace> & { readonly limit?: number; readonly noise?: number; readonly seed?: number };

/**
 * A trace whose demand follows a share of a fixed limit. `noise` is a share of the demand; the phase against the scrapes
 * is drawn. A walk that starts at second 0 draws the same numbers as the one before it.
 */
export function trace(name: string, deserves: Deserved, seconds: number, level: Level, shape: Shape = {}): Trace {
  const { limit = 262_144, noise = 0.01, seed = seedOf(name), ...rest } = shape;
  let demandAt = noisyDemand(level, { limit, noise, seed });
  const at = (t: number) => {
    if (t === 0) demandAt = noisyDemand(level, { limit, noise, seed });
    return { demand: demandAt(t), limit };
  };
  return { name, deserves, seconds, at, ...rest };
}

type Noise = { readonly limit: number; readonly noise: number; readonly seed: number };

/** Entries asked for. Traffic wavers slowly and jitters fast; both are repeatable and bounded. */
function noisyDemand(level: Level, { limit, noise, seed }: Noise): (second: number) => number {
  const random = randomFrom(seed);
  const phase = random() * 15;
  const waves = [7, 41, 173].map((period) => ({ period: period * (0.8 + 0.4 * random()), shift: random() * 6.3 }));
  const wobble = (t: number) => waves.reduce((sum, w) => sum + Math.sin((t * 6.3) / w.period + w.shift), 0) / 3;
  return (t) => limit * level(t - phase) * (1 + noise * (0.6 * wobble(t) + 0.4 * (2 * random() - 1)));
}

function seedOf(name: string): number {
  return Array.from(name).reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
}

/** Linear from one level to another in so many seconds after the lead-in, then constant. */
export const ramp = (from: number, to: number, seconds: number) => (t: number) =>
  from + (to - from) * Math.min(1, Math.max(0, (t - LEAD_IN) / seconds));

export const tooth = (low: number, high: number, period: number) => (t: number) =>
  low + (high - low) * ((((t % period) + period) % period) / period);

export const burst = (base: number, top: number, seconds: number, every: number) => (t: number) =>
  t > LEAD_IN && (t - LEAD_IN) % every < seconds ? top : base;

export type Wave = {
  readonly from: number;
  readonly top: number;
  /** From the end of the lead-in to the top. */
  readonly seconds: number;
  readonly form: 'linear' | 'S-shaped';
  /** What decays goes back with a time constant of five minutes, as the connections of a deploy expire. */
  readonly end: 'stays' | 'decays';
};

/** A rise that stops, as a deploy makes it. */
export const wave = ({ from, top, seconds, form, end }: Wave): Level => {
  const risen = form === 'linear' ? progress(LEAD_IN, seconds) : smooth(progress(LEAD_IN, seconds));
  return (t) => {
    const left = end === 'stays' ? 1 : Math.exp(-Math.max(0, t - LEAD_IN - seconds) / (5 * MINUTE));
    return from + (top - from) * risen(t) * left;
  };
};

/** From 0 to 1 in so many seconds. */
export const progress = (start: number, seconds: number) => (t: number) =>
  Math.min(1, Math.max(0, (t - start) / seconds));

/** The same with a slow start and a slow end. */
export const smooth = (part: (t: number) => number) => (t: number) => part(t) ** 2 * (3 - 2 * part(t));

/** Straight lines between points of [second, level], level before the first and after the last. */
export function path(...points: readonly (readonly [second: number, level: number])[]): Level {
  return (t) => {
    const next = points.findIndex(([second]) => second > t);
    if (next === -1) return points.at(-1)![1];
    const [end, to] = points[next]!;
    const [start, from] = points[Math.max(0, next - 1)]!;
    return next === 0 ? to : from + ((to - from) * (t - start)) / (end - start);
  };
}

/** A day between two levels; the sharper, the steeper its rise. */
export function tide(low: number, high: number, sharpness: number): Level {
  return (t) => {
    const sine = Math.sin(((t / HOUR - 6) * 2 * Math.PI) / 24);
    return low + ((high - low) * (1 + Math.tanh(sharpness * sine) / Math.tanh(sharpness))) / 2;
  };
}

/** The trace with single numbers of each moment changed. */
export const altered = (shape: Trace, change: (second: number) => Partial<NodeState>): Trace => ({
  ...shape,
  at: (t) => ({ ...shape.at(t), ...change(t) }),
});
