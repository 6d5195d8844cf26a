import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { MANIFEST_LINE } from '../../model/kernel.ts';
import { OperatorError } from '../../model/operator-error.ts';

/** The rest of the agent works without ctnetlink, so every remedy ends with the way around it. */
export const OR_PROCFS = 'or use --collector.counters.via=procfs';

const REMEDIES = new Map<string, string>([
  ['EPERM', 'Grant the agent CAP_NET_ADMIN'],
  ['EACCES', 'Let the security policy of the container open netlink sockets'],
  ['ENOBUFS', 'Free memory on the node'],
  ['EMFILE', 'Raise the limit of open files (ulimit -n)'],
  ['EINVAL', 'Load the kernel module nf_conntrack_netlink on the node'],
  ['EPROTONOSUPPORT', 'Load the kernel module nfnetlink on the node'],
  ['EAFNOSUPPORT', 'Let the sandbox or the kernel have netlink sockets'],
]);

/** The cause of a refusal, for those who can do something about one kind of it. */
export class Errno extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

/** The kernel said no: what an errno of the socket or of an answer means to the operator. */
export function ctnetlinkRefusal(action: string, errno: number): OperatorError {
  const [name, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
  return new OperatorError(`Cannot ${action} "ctnetlink": ${text} (${name})`, {
    remedy: `${REMEDIES.get(name) ?? 'Look the error up in netlink(7)'}, ${OR_PROCFS}`,
    cause: new Errno(errno),
  });
}

/** The answer is not what the kernel's headers promise, or there is none. */
export function brokenAnswer(seen: string, cause?: unknown): OperatorError {
  return new OperatorError(`Cannot understand "ctnetlink": ${seen}`, {
    remedy: `If the next reading fails too, report this with the node's kernel version, ${OR_PROCFS}`,
    cause,
  });
}

/** What the kernel refuses for want of CAP_NET_ADMIN, with the line that grants it; any other problem as it is. */
export function withManifest(problem: unknown): unknown {
  if (!(problem instanceof OperatorError) || !isForbidden(problem)) return problem;
  return new OperatorError(`${problem.message}; listing flows takes CAP_NET_ADMIN`, {
    remedy: `Run as root, or give the container ${MANIFEST_LINE}; all but the flow sample works without`,
    cause: problem,
  });
}

function isForbidden(problem: Error): boolean {
  for (let cause: unknown = problem; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Errno && cause.errno === constants.errno.EPERM) return true;
  }
  return false;
}
