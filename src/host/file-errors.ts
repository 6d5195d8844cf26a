import { OperatorError } from '../model/operator-error.ts';
import { whyUnreadable } from '../system/regular-file.ts';

/** The action's result, undefined where its object does not exist, else an OperatorError that names it. */
export function ifThere<T>(path: string, action: (path: string) => T): T | undefined {
  try {
    return action(path);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): OperatorError {
  const code = codeOf(cause);
  if (code === 'EACCES' || code === 'EPERM') {
    return new OperatorError(`Cannot read "${path}": permission denied`, {
      remedy: "Run as a user who may read it, or point --path.procfs at a readable copy of the node's /proc",
      cause,
    });
  }
  return new OperatorError(`Cannot read "${path}": ${whyUnreadable(cause)}`, {
    remedy: "Check that --path.procfs names the node's proc file system",
    cause,
  });
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
}
