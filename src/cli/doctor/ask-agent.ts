import { request } from 'node:http';
import type { Problem, WatcherSnapshot } from '../../analysis/advice/snapshot.ts';
import type { AlarmJson } from '../../model/status-json.ts';
import { bodyOf } from '../../system/http-body.ts';

/** Shorter than the look at the node, which goes on meanwhile. */
const ANSWER_MS = 2_000;
/** More than any status of an agent; a stranger on the socket is not read for ever. */
const ANSWER_MAX = 1024 * 1024;

/**
 * Who watches this node and which alarms are active, as the agent behind the unix socket knows it; undefined without such an agent.
 * Never rejects: most of what doctor looks for needs no agent.
 * @param report is called with the reason where a socket is given and no agent answers
 */
export async function askAgent(
  socketPath: string | undefined,
  report: (problem: Problem) => void = () => undefined,
): Promise<WatcherSnapshot | undefined> {
  if (socketPath === undefined) return undefined;
  try {
    const { scrapers, alertmanagers, alarms } = JSON.parse(await statusText(socketPath)) as Partial<WatcherSnapshot>;
    if (!Array.isArray(scrapers)) throw new Error('the answer has no scrapers');
    return { scrapers, alertmanagers: alertmanagers ?? [], alarms: alarmsOf(alarms) };
  } catch (error) {
    report(problemOf(error, socketPath)); // No agent, or one of another version: `healthcheck` tells which.
    return undefined;
  }
}

function problemOf(error: unknown, socketPath: string): Problem {
  const { code, message } = error as NodeJS.ErrnoException;
  const seen = `Cannot query the agent at "${socketPath}": `;
  if (code === 'EACCES')
    return { message: `${seen}permission denied`, remedy: 'run as root, or as the user of the agent' };
  return { message: `${seen}${code === 'ENOENT' ? 'there is no such socket' : message}` };
}

/** An agent of another version may have alarms that this one does not know; what is no alarm at all is skipped. */
function alarmsOf(alarms: unknown): AlarmJson[] {
  return Array.isArray(alarms) ? alarms.filter(isAlarm) : [];
}

const TEXTS = ['alarm', 'alertname', 'summary', 'runbookUrl'] as const satisfies readonly (keyof AlarmJson)[];

function isAlarm(value: Partial<AlarmJson> | null): value is AlarmJson {
  const { severity, forSeconds } = value ?? {};
  const isKnownSeverity = severity === 'critical' || severity === 'warning';
  return isKnownSeverity && typeof forSeconds === 'number' && TEXTS.every((key) => typeof value?.[key] === 'string');
}

function statusText(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/api/v1/status', timeout: ANSWER_MS, agent: false }, (answer) => {
      bodyOf(answer, ANSWER_MAX, 'the answer is too long').then(resolve, reject);
    });
    const late = setTimeout(() => asked.destroy(new Error('no answer in time')), ANSWER_MS);
    asked.on('error', reject);
    asked.on('close', () => clearTimeout(late));
    asked.end();
  });
}
