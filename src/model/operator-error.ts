/** A failure somebody on call has to act on: what could not be done to which object, what was seen, what to do. */
export class OperatorError extends Error {
  /** An order the reader can carry out. */
  readonly remedy: string;

  constructor(message: string, { remedy, cause }: { remedy: string; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OperatorError';
    this.remedy = remedy;
  }
}

/** One line for a log or a JSON answer, remedy included where there is one. */
export function describeError(error: unknown): { message: string; remedy?: string } {
  if (error instanceof OperatorError) return { message: error.message, remedy: error.remedy };
  return { message: error instanceof Error ? error.message : String(error) };
}
