/** The loop accepts one connection a turn, in the order they came: so many go before an answer, and a flood of them no more. */
const ACCEPTED_PER_ANSWER = 16;

/**
 * Answers requests one per turn of the event loop, and each client in its turn. Between two answers the loop takes samples
 * that are due, accepts connections and reads requests, so that nobody waits for a flood of requests to be answered first:
 * a sample is late by one answer at most, and a healthcheck waits for one of each client.
 */
export class AnswerTurns {
  /** Requests by the client they are of; the client whose turn it is stands first. None is empty. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #isScheduled = false;
  #hasAccepted = false; // in this turn
  #accepted = 0; // since the last answer

  /** Returns what takes the request back, for a client that is gone. */
  add(origin: string, answer: () => void): () => void {
    const ofOrigin = this.#waiting.get(origin) ?? new Set();
    ofOrigin.add(answer);
    this.#waiting.set(origin, ofOrigin);
    this.#schedule();
    return () => this.#take(origin, answer);
  }

  #take(origin: string, answer: () => void): void {
    const ofOrigin = this.#waiting.get(origin);
    ofOrigin?.delete(answer);
    if (ofOrigin?.size === 0) this.#waiting.delete(origin);
  }

  /** A connection was accepted, so more may be waiting for that. */
  accepted(): void {
    this.#hasAccepted = true;
    this.#accepted += 1;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    this.#isScheduled = true;
    // Runs after all that the loop found ready; set within itself, after the loop has looked again.
    setImmediate(() => {
      this.#isScheduled = false;
      const givesWay = this.#hasAccepted && this.#accepted < ACCEPTED_PER_ANSWER;
      this.#hasAccepted = false;
      if (givesWay) this.#schedule();
      else this.#answerOne();
    });
  }

  #answerOne(): void {
    this.#accepted = 0;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [origin, answers] = first;
    const [answer] = answers;
    this.#waiting.delete(origin); // It goes to the end of the line with what else it asked.
    this.#waiting.set(origin, answers);
    this.#take(origin, answer!);
    this.#schedule();
    answer!();
  }
}
