/** SIGHUP: the files that the agent reads while it runs are read again. */
import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';

/** A part of the agent that reads files. */
export type Reloadable = {
  /**
   * Reads its files again, and uses them from now on.
   * @throws OperatorError where they cannot be used; the files read before stay in force
   */
  reload(): void;
};

/** Logs one line with the outcome. A part whose files cannot be used does not keep the others from reading theirs. */
export function reloadFiles(parts: readonly Reloadable[], log: Log): void {
  const problems = parts.flatMap((part) => {
    try {
      part.reload();
      return [];
    } catch (error) {
      return [describeError(error)];
    }
  });
  if (problems.length > 0) {
    const remedies = problems.flatMap(({ remedy }) => remedy ?? []);
    const remedy = remedies.length === 0 ? undefined : remedies.join('. ');
    const messages = problems.map(({ message }) => message).join('; ');
    log.error({ remedy }, `${messages}; the files that were read before stay in force`);
  } else if (parts.length === 0) {
    log.info({}, 'No file to read again: flags and variables take effect at a restart');
  } else log.info({}, 'All files were read again and are in force');
}
