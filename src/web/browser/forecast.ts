import type { StatusJson } from '../../model/status-json.ts';

export type Point = { readonly time: number; readonly value: number };

const SPANS = [300, 600, 900, 1800, 3600];

/** From and to which time the chart reaches: as much of the past as there is, in few steps, and a quarter of it ahead. */
export function spanOf(times: readonly number[]): [from: number, to: number] {
  const now = times.at(-1) ?? 0;
  const past = SPANS.find((span) => span >= times.length) ?? 3600;
  return [now - past, now + past / 4];
}

/**
 * The straight line that the agent's forecast is: the present growth, as far as the chart reaches and the table has room,
 * and no lower than empty. Undefined while the growth is not known.
 */
export function forecastOf(
  { entries, limit, growthPerSecond }: StatusJson['table'],
  now: number | undefined,
): readonly [Point, Point] | undefined {
  if (entries === undefined || growthPerSecond === undefined || now === undefined) return undefined;
  const end = growthPerSecond > 0 ? (limit ?? Number.POSITIVE_INFINITY) : 0;
  const room = growthPerSecond === 0 ? Number.POSITIVE_INFINITY : Math.max(0, (end - entries) / growthPerSecond);
  const seconds = Math.min(900, room);
  return [
    { time: now, value: entries },
    { time: now + seconds, value: entries + seconds * growthPerSecond },
  ];
}
