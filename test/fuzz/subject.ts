import type { Random } from './random.ts';

/** One reader or decoder under test. */
export type Subject = {
  readonly name: string;
  /** What holds for every input, in a few words. */
  readonly invariant: string;
  /**
   * Makes one input out of the random numbers, feeds it, and throws a Violation where the invariant does not hold. Anything
   * else that is thrown is a crash, and as bad. One that keeps state over inputs must begin anew by itself.
   */
  readonly run: (random: Random) => void | Promise<void>;
  /** Ends what it needs outside of this process's memory. */
  readonly end?: () => Promise<void>;
};

class Violation extends Error {}

export function hold(isHeld: boolean, what: () => string): asserts isHeld {
  if (!isHeld) throw new Violation(what());
}

/** Equal as JSON, with the keys in the same order. */
export function holdEqual(actual: unknown, expected: unknown, what: () => string): void {
  const [seen, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  hold(seen === wanted, () => `${what()}\n  seen   ${seen}\n  wanted ${wanted}`);
}

type Failure = { readonly subject: string; readonly seed: number; readonly error: Error };
export type Outcome = {
  readonly subject: string;
  readonly inputs: number;
  readonly seconds: number;
  readonly slowestMs: number;
  readonly heapGrowthMb: number;
  readonly failure: Failure | undefined;
};

export type Budget = { readonly inputs: number; readonly ms: number };

/** Every how many inputs the time is looked at, and timers and sockets get a turn. */
const TURN = 256;

/** Input after input, each from a seed of its own: `seed`, `seed` + 1, and so on. */
export async function fuzz(subject: Subject, seed: number, budget: Budget, makeRandom: (seed: number) => Random) {
  const startMs = performance.now();
  const heapBefore = process.memoryUsage().heapUsed;
  let [inputs, slowestMs, failure] = [0, 0, undefined as Failure | undefined];
  while (inputs < budget.inputs && performance.now() - startMs < budget.ms && failure === undefined) {
    const own = (seed + inputs) >>> 0;
    const beganMs = performance.now();
    try {
      const running = subject.run(makeRandom(own));
      if (running !== undefined) await running;
    } catch (error) {
      failure = { subject: subject.name, seed: own, error: error as Error };
    }
    slowestMs = Math.max(slowestMs, performance.now() - beganMs);
    inputs += 1;
    if (inputs % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await subject.end?.();
  const seconds = (performance.now() - startMs) / 1000;
  const heapGrowthMb = (process.memoryUsage().heapUsed - heapBefore) / 1e6;
  return { subject: subject.name, inputs, seconds, slowestMs, heapGrowthMb, failure } satisfies Outcome;
}
