import type { Server } from 'node:http';
import { OperatorError } from '../src/model/operator-error.ts';

/** Listens on a port of 127.0.0.1, 0 for a free one; the base of its URLs. Throws OperatorError. */
export async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new OperatorError(`Cannot listen on "127.0.0.1:${port}": ${(cause as NodeJS.ErrnoException).code}`, {
          remedy: 'Give another --port, or 0 for a free one',
          cause,
        }),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://${addressOf(server)}`;
}

/** As a target is written: `127.0.0.1:10400`. */
export function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Cannot tell the address: nobody listens');
  return `${address.address}:${address.port}`;
}

/** Ends the connections too: scrapers keep theirs. */
export function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}
