import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Body } from '../server/body.ts';
import { BriefCache } from '../server/brief-cache.ts';
import { answerJson, jsonBody } from '../server/json.ts';
import type { AgentView } from './agent-view.ts';

export const HISTORY_MINUTES = 60;

const BAD_MINUTES = {
  error: 'Cannot show that history: "minutes" is not a whole number from 1 to 60',
  remedy: 'Ask for /api/v1/history?minutes=15, or leave "minutes" out for the whole hour',
};

/** `/api/v1/history?minutes=`: a number a second; 400 for any other span than 1 to 60 minutes. */
export function historyRoute(view: AgentView) {
  const cache = new BriefCache<Body>();
  const historyOf = (minutes: number) => cache.get(String(minutes), () => jsonBody(view.history(minutes * 60)));
  return function history(req: IncomingMessage, res: ServerResponse): void {
    const minutes = minutesOf(req.url ?? '');
    if (minutes === undefined) answerJson(req, res, 400, jsonBody(BAD_MINUTES));
    else answerJson(req, res, 200, historyOf(minutes));
  };
}

function minutesOf(url: string): number | undefined {
  const asked = new URLSearchParams(url.split('?', 2)[1]).getAll('minutes');
  if (asked.length === 0) return HISTORY_MINUTES;
  const isOne = asked.length === 1 && /^[1-9]\d?$/.test(asked[0]!);
  return isOne && Number(asked[0]) <= HISTORY_MINUTES ? Number(asked[0]) : undefined;
}
