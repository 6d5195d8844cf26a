import type { Server } from 'node:http';
import type { ListenOptions } from 'node:net';
import type { Log } from '../../model/log.ts';
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
