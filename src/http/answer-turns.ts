/**
 * Answers requests one per turn of the event loop, and each client in its turn. Between two answers the loop takes samples
 * that are due, accepts connections and reads requests, so that nobody waits for a flood of requests to be answered first:
 * a sample is late by one answer at most, and a healthcheck waits for one of each client.
 */
export class AnswerTurns {
  /** Requests by the client they are of; the client whose turn it is stands first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #isScheduled = false;

  add(origin: string, answer: () => void): void {
    const ofOrigin = this.#waiting.get(origin);
    if (ofOrigin) ofOrigin.push(answer);
    else this.#waiting.set(origin, [answer]);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    this.#isScheduled = true;
    // Runs after all that the loop found ready; set within itself, after the loop has looked again.
    setImmediate(() => this.#answerOne());
  }

  #answerOne(): void {
    this.#isScheduled = false;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [origin, answers] = first;
    const answer = answers.shift()!;
    this.#waiting.delete(origin);
    if (answers.length > 0) this.#waiting.set(origin, answers);
    this.#schedule();
    answer();
  }
}
