import { constants } from 'node:os';
import { Errno } from '../../host/ctnetlink-error.ts';
import { MANIFEST_LINE } from '../../model/manifest-line.ts';
import { OperatorError } from '../../model/operator-error.ts';

/** What the kernel refuses for want of CAP_NET_ADMIN, with the line that grants it; any other problem as it is. */
export function withManifest(problem: unknown): unknown {
  if (!(problem instanceof OperatorError) || !isForbidden(problem)) return problem;
  return new OperatorError(`${problem.message}; listing flows takes CAP_NET_ADMIN`, {
    remedy: `Run as root, or give the container ${MANIFEST_LINE}; all but the flow census works without`,
    cause: problem,
  });
}

function isForbidden(problem: Error): boolean {
  for (let cause: unknown = problem; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Errno && cause.errno === constants.errno.EPERM) return true;
  }
  return false;
}
