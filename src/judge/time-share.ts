/**
 * Share of a trailing window, in whole seconds, that was spent above a threshold. Seconds in which nothing was seen count as
 * not above, so that an agent that has just started needs the time that the share stands for.
 */
export class TimeShare {
  readonly #shares: Float64Array;
  #second: number | undefined;
  #samples = 0;
  #above = 0;
  #sum = 0;

  constructor(windowSeconds: number) {
    this.#shares = new Float64Array(windowSeconds);
  }

  add(isAbove: boolean, atMs: number): void {
    const second = Math.floor(atMs / 1000);
    if (second !== this.#second) this.#open(second);
    this.#samples += 1;
    if (isAbove) this.#above += 1;
  }

  /** 0 to 1, without the second that has not ended. */
  get share(): number {
    return Math.max(0, this.#sum) / this.#shares.length;
  }

  #open(second: number): void {
    const length = this.#shares.length;
    if (this.#second !== undefined) {
      this.#put(this.#second, this.#above / this.#samples);
      for (let empty = Math.max(this.#second + 1, second - length); empty < second; empty += 1) this.#put(empty, 0);
    }
    // The place of the second that begins holds what is a window old, and that has ended.
    this.#put(second, 0);
    this.#second = second;
    this.#samples = 0;
    this.#above = 0;
  }

  #put(second: number, share: number): void {
    const slot = second % this.#shares.length;
    this.#sum += share - this.#shares[slot]!;
    this.#shares[slot] = share;
  }
}
