import { Agent, request } from 'node:http';
import type { HttpAnswer } from '../kernel/lab/tcp.ts';

export type { HttpAnswer };

const KEPT = new Agent({ keepAlive: true, maxSockets: 1 });

/** One GET over a unix socket, over the same connection as the one before. */
export function httpOverSocket(socketPath: string, path: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: KEPT, timeout: 10_000 }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer to "${path}" within 10 s`)));
    asked.on('error', reject);
    asked.end();
  });
}
