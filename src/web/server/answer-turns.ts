/** The loop accepts one connection a turn, in the order they came: so many go before an answer, and a flood of them no more. */
const ACCEPTED_PER_ANSWER = 16;

/**
 * Answers one request per turn of the event loop, and each line of requests in its turn. Between two answers the loop takes
 * samples that are due, accepts connections and reads requests, so that nobody waits for a flood of requests to be answered first:
 * a sample is late by one answer at most, and a healthcheck waits for one of each line.
 */
export class AnswerTurns {
  /** Requests by line; the line whose turn it is stands first. None is empty. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #isScheduled = false;
  #hasAccepted = false; // in this turn
  #accepted = 0; // since the last answer

  /** Returns what takes the request back, for a client that is gone. */
  add(line: string, answer: () => void): () => void {
    const inLine = this.#waiting.get(line) ?? new Set();
    inLine.add(answer);
    this.#waiting.set(line, inLine);
    this.#schedule();
    return () => this.#take(line, answer);
  }

  #take(line: string, answer: () => void): void {
    const inLine = this.#waiting.get(line);
    inLine?.delete(answer);
    if (inLine?.size === 0) this.#waiting.delete(line);
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
    const [line, answers] = first;
    const [answer] = answers;
    this.#waiting.delete(line); // It goes behind the other lines with what else is in it.
    this.#waiting.set(line, answers);
    this.#take(line, answer!);
    this.#schedule();
    answer!();
  }
}
