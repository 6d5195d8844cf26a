const WHOLE = 1000;

/**
 * Share of a trailing window, in whole seconds, that was spent above a threshold. Seconds in which nothing was seen count as
 * not above, so that an agent that has just started needs the time that the share stands for.
 */
export class TimeShare {
  readonly #windowSeconds: number;
  /** Of each second that is over, in thousandths: whole numbers, whose sum stays exact. One place more than the window, for the second that has not ended. */
  readonly #thousandths: Uint16Array;
  #second: number | undefined;
  #samples = 0;
  #above = 0;
  #sum = 0;

  constructor(windowSeconds: number) {
    this.#windowSeconds = windowSeconds;
    this.#thousandths = new Uint16Array(windowSeconds + 1);
  }

  add(isAbove: boolean, atMs: number): void {
    const second = Math.floor(atMs / 1000);
    if (second !== this.#second) this.#open(second);
    this.#samples += 1;
    if (isAbove) this.#above += 1;
  }

  /** 0 to 1, without the second that has not ended. */
  get share(): number {
    return this.#sum / (WHOLE * this.#windowSeconds);
  }

  #open(second: number): void {
    const { length } = this.#thousandths;
    if (this.#second !== undefined) {
      this.#put(this.#second, Math.round((WHOLE * this.#above) / this.#samples));
      for (let empty = Math.max(this.#second + 1, second - length); empty < second; empty += 1) this.#put(empty, 0);
    }
    // The place of the second that begins holds what is older than the window.
    this.#put(second, 0);
    this.#second = second;
    this.#samples = 0;
    this.#above = 0;
  }

  #put(second: number, thousandths: number): void {
    const slot = second % this.#thousandths.length;
    this.#sum += thousandths - this.#thousandths[slot]!;
    this.#thousandths[slot] = thousandths;
  }
}
