import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { answer } from './answer.ts';
import { acceptsGzip, gzip } from './gzip.ts';

/** A body that many may be sent: the same bytes for all of them, and compressed at most once. */
export class Body {
  readonly plain: Buffer;
  #gzipped: Buffer | undefined;

  constructor(text: string) {
    this.plain = Buffer.from(text);
  }

  get gzipped(): Buffer {
    this.#gzipped ??= gzip(this.plain);
    return this.#gzipped;
  }
}

export type BodyAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: Body;
  readonly headers?: OutgoingHttpHeaders;
};

/** Sends a body, compressed when asked. */
export function answerBody(
  req: IncomingMessage,
  res: ServerResponse,
  { status, contentType, body, headers }: BodyAnswer,
): void {
  const isPacked = acceptsGzip(req.headers['accept-encoding']);
  answer(res, status, contentType, isPacked ? body.gzipped : body.plain, {
    ...headers,
    Vary: 'Accept-Encoding',
    ...(isPacked && { 'Content-Encoding': 'gzip' }),
  });
}
