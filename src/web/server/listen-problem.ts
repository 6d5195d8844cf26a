import { OperatorError } from '../../model/operator-error.ts';

type Problem = { readonly seen: string; readonly remedy: string };

const TCP_PROBLEMS: Readonly<Record<string, Problem>> = {
  EADDRINUSE: {
    seen: 'the port is in use',
    remedy: 'Stop the process that holds it (ss -ltnp names it), or choose another --web.listen-address',
  },
  EACCES: {
    seen: 'permission denied',
    remedy: 'Choose a port above 1023 with --web.listen-address',
  },
  EADDRNOTAVAIL: {
    seen: 'no interface here has that address',
    remedy: 'Give --web.listen-address an address of this node, or none for all of them',
  },
  ENOTFOUND: {
    seen: 'the name is not known',
    remedy: 'Give --web.listen-address an IP address',
  },
};

export function tcpProblem({ host, port }: { host: string; port: number }, cause: unknown): OperatorError {
  const known = TCP_PROBLEMS[codeOf(cause)] ?? { seen: messageOf(cause), remedy: 'Correct --web.listen-address' };
  const name = host.includes(':') ? `[${host}]` : host;
  return new OperatorError(`Cannot listen on "${name}:${port}": ${known.seen}`, { remedy: known.remedy, cause });
}

export function socketProblem(path: string, cause: unknown): OperatorError {
  if (cause instanceof OperatorError) return cause;
  const seen = isPermissionProblem(cause) ? 'permission denied' : messageOf(cause);
  return new OperatorError(`Cannot listen on "${path}": ${seen}`, {
    remedy: 'Point --web.socket at a folder this user may write to, or turn the socket off with --web.socket=""',
    cause,
  });
}

/** Not allowed here, as against broken or taken. A read-only root file system is a way of not allowing. */
export function isPermissionProblem(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
