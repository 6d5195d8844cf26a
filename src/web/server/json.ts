import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerBody, Body } from './body.ts';

/** A value as the body of an answer. */
export function jsonBody(value: unknown): Body {
  return new Body(`${JSON.stringify(value)}\n`);
}

/** Sends it, compressed when asked. */
export function answerJson(req: IncomingMessage, res: ServerResponse, status: number, body: Body): void {
  answerBody(req, res, { status, contentType: 'application/json; charset=utf-8', body });
}
