/** Shapes of usage over time: seconds of the node in, share of the limit out. Each is a function of nothing else. */
import { phaseOf } from './window.ts';

export type Shape = (t: number) => number;

export type Random = () => number;

/** The garbage collector evicts a full table down to 95 %; then it fills again (seen on 6.18). */
const USAGE_AFTER_EVICTION = 0.95;
const SWING_SECONDS = 8;

export function level(share: number): Shape {
  return () => share;
}

export function sum(...shapes: readonly Shape[]): Shape {
  return (t) => shapes.reduce((total, shape) => total + shape(t), 0);
}

/** Up and down by `share`, once in `seconds`. */
export function wave(share: number, seconds: number, random: Random): Shape {
  const phase = random() * 2 * Math.PI;
  return (t) => share * Math.sin((2 * Math.PI * t) / seconds + phase);
}

/** What no table is without: slow and quick unrest of half a percent. */
export function jitter(random: Random): Shape {
  return sum(
    wave(0.003, 600 + 600 * random(), random),
    wave(0.002, 90 + 60 * random(), random),
    wave(0.001, 5 + 5 * random(), random),
  );
}

/** A table that is kept full. */
export function full(t: number): number {
  const phase = phaseOf({ everySeconds: SWING_SECONDS }, t) / SWING_SECONDS;
  return phase < 0.25 ? 1 : USAGE_AFTER_EVICTION + ((1 - USAGE_AFTER_EVICTION) * (phase - 0.25)) / 0.75;
}

/** Straight lines through points in order of time, the first and the last held; again and again. */
export function path(everySeconds: number, points: readonly (readonly [t: number, share: number])[]): Shape {
  return (t) => {
    const phase = phaseOf({ everySeconds }, t);
    const next = points.findIndex(([at]) => at > phase);
    if (next <= 0) return points.at(next)![1];
    const [[fromT, from], [toT, to]] = [points[next - 1]!, points[next]!];
    return from + ((to - from) * (phase - fromT)) / (toT - fromT);
  };
}

/** Where the first would be above its limit, a full table. */
export function upToFull(shape: Shape): Shape {
  return (t) => {
    const share = shape(t);
    return share < 1 ? share : full(t);
  };
}
