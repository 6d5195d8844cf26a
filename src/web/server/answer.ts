import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

export const PLAIN_TEXT = 'text/plain; charset=utf-8';

/**
 * Sends one whole answer; Node leaves the body away for HEAD. This stands in for express' `res.send`, which
 * works out a charset, a type and freshness that we already know and costs a scrape half as much again.
 */
export function answer(
  res: ServerResponse,
  status: number,
  contentType: string,
  body: string | Buffer,
  headers?: OutgoingHttpHeaders,
): void {
  res.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  res.end(body);
}
