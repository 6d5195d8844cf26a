import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Body } from '../server/body.ts';
import { BriefCache } from '../server/brief-cache.ts';
import { answerJson, jsonBody } from '../server/json.ts';
import type { AgentView } from './agent-view.ts';

/** `/api/v1/status`. */
export function statusRoute(view: AgentView) {
  const cache = new BriefCache<Body>();
  const statusNow = () => cache.get('', () => jsonBody(view.status()));
  return function status(req: IncomingMessage, res: ServerResponse): void {
    answerJson(req, res, 200, statusNow());
  };
}
