/** How far a pause may be longer or shorter than asked for, so that agents that start together do not poll together. */
const JITTER = 0.05;

export type PollerOptions = {
  /** Never rejects. */
  readonly run: () => Promise<void> | void;
  /** Milliseconds between the end of one run and the start of the next. */
  readonly pauseMs: () => number;
  /** Milliseconds before the first run; at once by default. */
  readonly firstMs?: number;
};

/** Runs a task repeatedly; runs never overlap. Its timer does not keep the process alive. */
export class Poller {
  readonly #options: PollerOptions;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #running: Promise<void> | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  start(): void {
    const { firstMs } = this.#options;
    if (firstMs === undefined) this.#next();
    else this.#wait(firstMs);
  }

  /** Settles when the run that is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#next(), ms).unref();
  }

  #next(): void {
    this.#running = this.#runOnce();
  }

  async #runOnce(): Promise<void> {
    const { run, pauseMs } = this.#options;
    await run();
    if (!this.#isStopped) this.#wait(jittered(pauseMs()));
  }
}

function jittered(pauseMs: number): number {
  return pauseMs * (1 + JITTER * (2 * Math.random() - 1));
}
