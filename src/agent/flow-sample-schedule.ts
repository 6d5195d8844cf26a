import type { Log } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';

export type Schedule = { stop(): void };

/**
 * Runs by a cron schedule, also while a run is under way: who runs turns the second one away and counts it, where node-cron
 * would drop it unseen. node-cron costs 8 MB of memory, so it is loaded for those who want a flow sample.
 */
export async function schedule(pattern: string, run: () => Promise<void>, log: Log): Promise<Schedule> {
  const { schedule: plan } = await import('node-cron');
  const task = plan(pattern, run, {
    suppressMissedWarning: true,
    logger: {
      info: (text) => log.debug({}, text),
      debug: (text) => log.debug({}, `${text}`),
      warn: (text) => log.debug({}, text),
      error: (problem, error) => log.error({ error: error ?? problem }, describeError(error ?? problem).message),
    },
  });
  return { stop: () => void task.destroy() };
}
