import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer } from './answer.ts';
import { acceptsGzip, gzip } from './gzip.ts';

/** Sends a value as JSON, compressed when asked. */
export function answerJson(req: IncomingMessage, res: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`;
  const type = 'application/json; charset=utf-8';
  if (acceptsGzip(req.headers['accept-encoding'])) {
    answer(res, status, type, gzip(body), { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
  } else {
    answer(res, status, type, body, { Vary: 'Accept-Encoding' });
  }
}
