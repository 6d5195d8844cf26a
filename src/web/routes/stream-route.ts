import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, PLAIN_TEXT } from '../server/answer.ts';
import type { EventStream } from './event-stream.ts';

const EVENT_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Accel-Buffering': 'no', // Or an nginx in between would hand it over in lumps.
};

/** `/api/v1/stream`: the page's one connection; 503 while as many as it serves are listening. */
export function streamRoute(stream: EventStream) {
  return function listen(req: IncomingMessage, res: ServerResponse): void {
    if (req.method === 'HEAD') {
      res.writeHead(200, EVENT_HEADERS).end();
    } else if (!stream.hasRoomFor(req)) {
      answer(res, 503, PLAIN_TEXT, 'Too many are listening already\n', { 'Retry-After': '5' });
    } else {
      stream.add(req, res, EVENT_HEADERS);
    }
  };
}
