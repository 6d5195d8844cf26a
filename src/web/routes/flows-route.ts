import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, jsonBody } from '../server/json.ts';
import type { AgentView } from './agent-view.ts';

const STATUS = { taken: 200, off: 404, waiting: 503 } as const;

/** `/api/v1/flows`: the last flow sample; 404 with the reason where none is taken, 503 before the first that succeeds. */
export function flowsRoute(view: AgentView) {
  return function flows(req: IncomingMessage, res: ServerResponse): void {
    const { state, ...rest } = view.flows();
    answerJson(req, res, STATUS[state], jsonBody('flowSample' in rest ? rest.flowSample : rest));
  };
}
