/** Stretches of time that come again and again, in seconds of the node. */
export type Window = { readonly everySeconds: number; readonly from: number; readonly to: number };

/** How far into its period a moment is. */
export function phaseOf({ everySeconds }: Pick<Window, 'everySeconds'>, t: number): number {
  return t - Math.floor(t / everySeconds) * everySeconds;
}

export function isWithin(window: Window, t: number): boolean {
  const phase = phaseOf(window, t);
  return phase >= window.from && phase < window.to;
}

/** How many of the first `t` seconds lay in it. */
export function secondsWithin(window: Window, t: number): number {
  const { everySeconds, from, to } = window;
  const whole = Math.floor(t / everySeconds) * (to - from);
  return whole + Math.min(Math.max(phaseOf(window, t) - from, 0), to - from);
}
