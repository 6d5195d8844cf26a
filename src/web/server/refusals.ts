import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../model/log.ts';
import { describeError } from '../../model/operator-error.ts';
import { answer, PLAIN_TEXT } from './answer.ts';

/** None of these repeats what the client sent, nor tells it anything about this machine. */

export function notFound(_req: IncomingMessage, res: ServerResponse): void {
  answer(res, 404, PLAIN_TEXT, 'Not found\n');
}

export function methodNotAllowed(_req: IncomingMessage, res: ServerResponse): void {
  answer(res, 405, PLAIN_TEXT, 'Only GET and HEAD are answered here\n', { Allow: 'GET, HEAD' });
}

/** Nothing here reads a body. Refusing it and closing is cheaper than reading it away. */
export function refuseBody(res: ServerResponse): void {
  answer(res, 413, PLAIN_TEXT, 'Request bodies are not taken here\n', { Connection: 'close' });
}

/** What it does say is for the operator, who meets this in a browser of his own. */
export function refuseStrangersPage(res: ServerResponse): void {
  const seen = 'Browsers may not ask this agent by this name, nor for a page of another site';
  const remedy = 'Ask by its IP address or the name of its node, or allow the name with --web.allowed-host';
  answer(res, 403, PLAIN_TEXT, `${seen}\n${remedy}\n`);
}

export function refuseTwoHosts(res: ServerResponse): void {
  answer(res, 400, PLAIN_TEXT, 'Expected one Host header, got more\n', { Connection: 'close' });
}

export function carriesBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** The app's last handler: the log gets the whole error, the client a line. Express knows it by its four parameters. */
export function failed(log: Log) {
  return function answerFailure(error: unknown, req: IncomingMessage, res: ServerResponse, _next: unknown): void {
    const { message } = describeError(error);
    log.error({ error, method: req.method }, `Cannot answer "${req.url}": ${message}`);
    if (res.headersSent) req.socket.destroy();
    else answer(res, 500, PLAIN_TEXT, "Cannot answer: the agent's log says why\n");
  };
}
