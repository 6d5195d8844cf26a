import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AgentView } from './agent-view.ts';
import { answerJson } from './json.ts';

/** `/api/v1/status`. */
export function statusRoute(view: AgentView) {
  return function status(req: IncomingMessage, res: ServerResponse): void {
    answerJson(req, res, 200, view.status());
  };
}
