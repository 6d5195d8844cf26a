import type { Server } from 'node:http';
import type { ListenOptions } from 'node:net';
import type { Log } from '../../model/log.ts';
import { OperatorError } from '../../model/operator-error.ts';
import { hostPort } from '../../model/text/address.ts';
import type { ConnectionGuard } from './connection-guard.ts';

/** How long answers under way may take once we stop; the whole agent has 5 s. */
const STOP_MS = 4_000;

/** Rejects with the system's own error where it cannot listen there. */
export function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A failed accept (no descriptors left) would otherwise end the process. */
export function logProblems(server: Server, address: string, log: Log): void {
  server.on('error', (error) => log.error({ error, address }, `Cannot accept on "${address}": ${error.message}`));
}

/** Resolves when the last connection is gone. */
export async function stopServer(server: Server, guard: ConnectionGuard, stopMs = STOP_MS): Promise<void> {
  // Node takes an answer that is written but not yet read for an idle connection, and would cut it off.
  server.closeIdleConnections = () => undefined;
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  guard.drain();
  const timeout = setTimeout(() => guard.destroyAll(), stopMs);
  await closed;
  clearTimeout(timeout);
}

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
  return new OperatorError(`Cannot listen on "${hostPort(host, port)}": ${known.seen}`, {
    remedy: known.remedy,
    cause,
  });
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
