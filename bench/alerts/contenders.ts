import { fileURLToPath } from 'node:url';
import { isCritical } from './alarms.ts';
import { type Firing, firings, type History } from './promtool.ts';
import { type AlarmReplay, type Recorded, type Replay, SCRAPE_SECONDS } from './replay.ts';

const OURS = fileURLToPath(new URL('../../alerts/conntrack.rules.yaml', import.meta.url));
const OTHERS = fileURLToPath(new URL('./others.rules.yaml', import.meta.url));
const NETDATA = fileURLToPath(new URL('./netdata.rules.yaml', import.meta.url));

/** When somebody heard of it first, in seconds, and how often. */
export type Call = { readonly atSeconds: number; readonly times: number };

/** Whose rules, fed with what; for each trace what it called: at all, and with a page. */
export type Contender = {
  readonly name: string;
  readonly fedWith: string;
  readonly notices: readonly (Call | undefined)[];
  readonly pages: readonly (Call | undefined)[];
};

/** Ours: an alert that is critical pages, any other opens a ticket. */
export async function ours(replays: readonly Replay[]): Promise<Contender> {
  const histories = replays.map(({ trace, agent }) => historyOf(trace.seconds, agent));
  const fired = await firings(histories, {
    rules: [OURS],
    everySeconds: SCRAPE_SECONDS,
    intervalSeconds: SCRAPE_SECONDS,
  });
  return {
    name: '**ours**',
    fedWith: 'the agent, scraped every 15 s',
    notices: fired.map(firstOf),
    pages: fired.map((alerts) => firstOf(alerts.filter(({ labels }) => labels['severity'] === 'critical'))),
  };
}

/** The agent's own alarms, which it posts to Alertmanager itself. */
export function direct(replays: readonly Replay[]): Contender {
  return {
    name: '**ours, direct from the agent**',
    fedWith: 'the table, ten times a second',
    notices: replays.map((replay) => firstRaised(replay, () => true)),
    pages: replays.map((replay) => firstRaised(replay, isCritical)),
  };
}

function firstRaised({ raisedAt, raisedTimes }: AlarmReplay, isWanted: (alarm: string) => boolean): Call | undefined {
  const names = [...raisedAt.keys()].filter(isWanted);
  if (names.length === 0) return undefined;
  const times = names.reduce((sum, name) => sum + (raisedTimes.get(name) ?? 0), 0);
  return { atSeconds: Math.min(...names.map((name) => raisedAt.get(name)!)), times };
}

/** What people use today. Each has one level, so whatever fires is a page. */
export async function others(replays: readonly Replay[]): Promise<Contender[]> {
  const scraped = await Promise.all([15, 30].map((seconds) => othersEvery(replays, seconds)));
  return [...scraped.flat(), ...(await netdata(replays))];
}

async function othersEvery(replays: readonly Replay[], seconds: number): Promise<Contender[]> {
  const histories = replays.map((replay) => historyOf(replay.trace.seconds, plainSeries(replay, seconds)));
  const fired = await firings(histories, { rules: [OTHERS], everySeconds: seconds, intervalSeconds: seconds });
  return contendersOf(fired, `count and limit, scraped every ${seconds} s`);
}

async function netdata(replays: readonly Replay[]): Promise<Contender[]> {
  const histories = replays.map((replay) => historyOf(replay.trace.seconds, plainSeries(replay, 1)));
  const fired = await firings(histories, { rules: [NETDATA], everySeconds: 10, intervalSeconds: 1 });
  return contendersOf(fired, 'count and limit, every second');
}

function contendersOf(fired: readonly (readonly Firing[])[], fedWith: string): Contender[] {
  const names = [...new Set(fired.flat().map(({ labels }) => labels['alertname']!))].sort();
  return names.map((name) => {
    const calls = fired.map((alerts) => firstOf(alerts.filter(({ labels }) => labels['alertname'] === name)));
    return { name, fedWith, notices: calls, pages: calls };
  });
}

function firstOf(alerts: readonly Firing[]): Call | undefined {
  if (alerts.length === 0) return undefined;
  const atSeconds = Math.min(...alerts.map(({ firstAt }) => firstAt));
  return { atSeconds, times: alerts.reduce((sum, { times }) => sum + times, 0) };
}

function historyOf(seconds: number, recorded: Recorded): History {
  const series = Array.from(recorded, ([name, values]) => ({ series: name, values: values.join(' ') }));
  return { seconds, series };
}

/** Under node_exporter's names; a scrape that got no answer leaves nothing. */
function plainSeries({ plain, agent }: Replay, everySeconds: number): Recorded {
  const up = agent.get('up{job="conntrack-agent"}')!;
  const seen = plain.flatMap((sample, second) => {
    if (second % everySeconds !== 0) return [];
    return [up[Math.floor(second / SCRAPE_SECONDS)] === '0' && everySeconds > 1 ? undefined : sample];
  });
  const scrape = `{scrape="${everySeconds}s"}`;
  return new Map([
    [`node_nf_conntrack_entries${scrape}`, seen.map((sample) => String(sample?.entries ?? '_'))],
    [`node_nf_conntrack_entries_limit${scrape}`, seen.map((sample) => String(sample?.limit ?? '_'))],
  ]);
}
