/** Does something again and again; the answer ends it. */
export type Every = (intervalMs: number, run: () => void) => () => void;

/** By a plain timer of Node's, which does not make up for ticks it missed. */
export function everyInterval(intervalMs: number, run: () => void): () => void {
  const timer = setInterval(run, intervalMs);
  return () => clearInterval(timer);
}
