/** The event loop accepts one connection a turn. So many are accepted before an answer is given, and in a flood no more. */
const ACCEPTED_PER_ANSWER = 16;

/**
 * Answers one request per turn of the event loop, and takes from each queue of requests in rotation. Between two answers the
 * loop takes samples that are due, accepts connections and reads requests. So a flood of requests delays a sample by one answer
 * at most, and a healthcheck by one answer for each queue.
 */
export class AnswerTurns {
  /** Requests by queue; the queue that is next comes first. None is empty. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #isScheduled = false;
  #hasAccepted = false; // in this turn
  #accepted = 0; // since the last answer

  /** Returns a function that removes the request, for a client that has disconnected. */
  add(queue: string, answer: () => void): () => void {
    const queued = this.#waiting.get(queue) ?? new Set();
    queued.add(answer);
    this.#waiting.set(queue, queued);
    this.#schedule();
    return () => this.#take(queue, answer);
  }

  #take(queue: string, answer: () => void): void {
    const queued = this.#waiting.get(queue);
    queued?.delete(answer);
    if (queued?.size === 0) this.#waiting.delete(queue);
  }

  /** A connection was accepted, so more may be waiting to be accepted. */
  accepted(): void {
    this.#hasAccepted = true;
    this.#accepted += 1;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    this.#isScheduled = true;
    // Runs after everything that the loop found ready; set again from within, it runs after the next poll.
    setImmediate(() => {
      this.#isScheduled = false;
      const waitsForAccept = this.#hasAccepted && this.#accepted < ACCEPTED_PER_ANSWER;
      this.#hasAccepted = false;
      if (waitsForAccept) this.#schedule();
      else this.#answerOne();
    });
  }

  #answerOne(): void {
    this.#accepted = 0;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [queue, answers] = first;
    const [answer] = answers;
    this.#waiting.delete(queue); // The queue goes behind the others with the rest of its requests.
    this.#waiting.set(queue, answers);
    this.#take(queue, answer!);
    this.#schedule();
    answer!();
  }
}
