import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AgentView } from './agent-view.ts';
import { answer } from './answer.ts';

const STATUS = { taken: 200, off: 404, waiting: 503 } as const;

/** `/api/v1/flows`: the last census; 404 with the reason where none is taken, 503 before the first that succeeds. */
export function flowsRoute(view: AgentView) {
  return function flows(_req: IncomingMessage, res: ServerResponse): void {
    const { state, ...rest } = view.flows();
    const body = 'census' in rest ? rest.census : rest;
    answer(res, STATUS[state], 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`);
  };
}
