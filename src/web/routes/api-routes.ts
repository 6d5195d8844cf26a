import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FlowSample, RankingName, TakenFlowSample } from '../../model/flows.ts';
import { answer, answerJson, type Body, BriefCache, jsonBody, PLAIN_TEXT } from '../server/responses.ts';
import type { AgentView, Health } from './agent-view.ts';
import type { EventStream } from './event-stream.ts';

/** `/api/v1/status`. */
export function statusRoute(view: AgentView) {
  const cache = new BriefCache<Body>();
  const statusNow = () => cache.get('', () => jsonBody(view.status()));
  return function status(req: IncomingMessage, res: ServerResponse): void {
    answerJson(req, res, 200, statusNow());
  };
}

const HISTORY_MINUTES = 60;

const BAD_MINUTES = {
  error: 'Cannot show that history: "minutes" is not a whole number from 1 to 60',
  remedy: 'Ask for /api/v1/history?minutes=15, or leave "minutes" out for the whole hour',
};

/** `/api/v1/history?minutes=`: one number for each second; 400 for any other span than 1 to 60 minutes. */
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

const STATUS = { taken: 200, off: 404, waiting: 503 } as const;

/** `/api/v1/flows`: the last flow sample; 404 with the reason where none is taken, 503 before the first that succeeds. */
export function flowsRoute(view: AgentView) {
  return function flows(req: IncomingMessage, res: ServerResponse): void {
    const { state, ...rest } = view.flows();
    answerJson(req, res, STATUS[state], jsonBody('flowSample' in rest ? rest.flowSample : rest));
  };
}

/** `/-/healthy` and `/-/ready`: 200 with a line of text, or 503 with the reason and what to do about it, a line each. */
export function healthRoute(healthNow: () => Health) {
  return function health(_req: IncomingMessage, res: ServerResponse): void {
    const health = healthNow();
    answer(res, health.ok ? 200 : 503, PLAIN_TEXT, `${linesOf(health).join('\n')}\n`);
  };
}

function linesOf(health: Health): string[] {
  if (health.ok) return [health.text];
  return health.remedy === undefined ? [health.reason] : [health.reason, health.remedy];
}

const EVENT_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Accel-Buffering': 'no', // Else an nginx in between would buffer the events.
};

/** `/api/v1/stream`: the events of the status page; 503 while as many clients as are served are connected. */
export function streamRoute(stream: EventStream) {
  return function listen(req: IncomingMessage, res: ServerResponse): void {
    if (req.method === 'HEAD') {
      res.writeHead(200, EVENT_HEADERS).end();
    } else if (!stream.canAdd(req)) {
      answer(res, 503, PLAIN_TEXT, 'Too many are listening already\n', { 'Retry-After': '5' });
    } else {
      stream.add(req, res, EVENT_HEADERS);
    }
  };
}

type FlowSampleJsonParts = {
  readonly node: string;
  readonly taken: TakenFlowSample;
  /** Wall clock and age at the time of the answer. */
  readonly wallMs: number;
  readonly ageSeconds: number;
  /** Leaves the other rankings out. */
  readonly by?: RankingName | undefined;
};

/** The answer of /api/v1/flows and of `flows --json`. What is not known is left out. */
export function flowSampleJson({ node, taken, wallMs, ageSeconds, by }: FlowSampleJsonParts): unknown {
  const { flowSample, limit, unlisted, durationSeconds } = taken;
  const { sources, destinations, prefixes, states, entries, ...rest } = flowSample;
  return {
    version: 1,
    node,
    at: new Date(wallMs - ageSeconds * 1000).toISOString(),
    ageSeconds: milli(ageSeconds),
    durationSeconds: milli(durationSeconds),
    table: { entries, limit, unlisted },
    ...rest,
    ...(by === undefined ? { states, sources, destinations, prefixes } : rankingOf(flowSample, by)),
  };
}

/** No clock here is better than a millisecond. */
function milli(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function rankingOf({ sources, destinations, prefixes, states }: FlowSample, by: RankingName): object {
  return { source: { sources }, destination: { destinations }, prefix: { prefixes }, state: { states } }[by];
}
