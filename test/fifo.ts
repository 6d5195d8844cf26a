import { execFileSync } from 'node:child_process';

/** A FIFO that nobody writes to: whoever opens it to read waits for ever, unless he opens it without waiting. */
export function makeFifo(path: string): string {
  execFileSync('mkfifo', [path]);
  return path;
}
