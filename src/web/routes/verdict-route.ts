import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, PLAIN_TEXT } from '../server/answer.ts';
import type { Health } from './agent-view.ts';

/** `/-/healthy` and `/-/ready`: 200 with a word, or 503 with the reason and what to do about it, a line each. */
export function healthRoute(verdictNow: () => Health) {
  return function tell(_req: IncomingMessage, res: ServerResponse): void {
    const verdict = verdictNow();
    answer(res, verdict.ok ? 200 : 503, PLAIN_TEXT, `${linesOf(verdict).join('\n')}\n`);
  };
}

function linesOf(verdict: Health): string[] {
  if (verdict.ok) return [verdict.text];
  return verdict.remedy === undefined ? [verdict.reason] : [verdict.reason, verdict.remedy];
}
