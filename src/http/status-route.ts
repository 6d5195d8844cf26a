import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AgentView } from './agent-view.ts';
import { answer } from './answer.ts';

/** `/api/v1/status`. */
export function statusRoute(view: AgentView) {
  return function status(_req: IncomingMessage, res: ServerResponse): void {
    answer(res, 200, 'application/json; charset=utf-8', `${JSON.stringify(view.status())}\n`);
  };
}
