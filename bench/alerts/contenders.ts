import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isCritical } from './alarms.ts';
import { type Firing, firings, type History } from './promtool.ts';
import { type AlarmReplay, type Recorded, type Replay, SCRAPE_SECONDS } from './replay.ts';
import { isWithin } from './trace.ts';

const OURS = pathOf('../../alerts/conntrack.rules.yaml');

/** What people use today. Netdata looks each second and judges every ten; node-problem-detector looks every 30. */
const OTHERS = [
  { rules: './others.rules.yaml', everySeconds: 15, intervalSeconds: 15, fedWith: 'scraped every 15 s' },
  { rules: './node-problem-detector.rules.yaml', everySeconds: 30, intervalSeconds: 30, fedWith: 'read every 30 s' },
  { rules: './netdata.rules.yaml', everySeconds: 10, intervalSeconds: 1, fedWith: 'read every second' },
] as const;

/** The first alert in seconds from the start of the trace, and how many there were. */
export type FirstAlert = { readonly atSeconds: number; readonly times: number };

/** Whose rules, fed with what; for each trace the first alert of any severity, and the first page (critical alert). */
export type Contender = {
  readonly name: string;
  readonly fedWith: string;
  readonly alerts: readonly (FirstAlert | undefined)[];
  readonly pages: readonly (FirstAlert | undefined)[];
};

/** Our rules in Prometheus. */
export async function ours(replays: readonly Replay[]): Promise<Contender> {
  const rules = readFileSync(OURS, 'utf8');
  const histories = replays.map(({ trace, agent }) => historyOf(trace.seconds, namedIn(rules, agent)));
  const fired = await firings(histories, {
    rules: [OURS],
    everySeconds: SCRAPE_SECONDS,
    intervalSeconds: SCRAPE_SECONDS,
  });
  return contenderOf('ours, via Prometheus', 'agent scraped every 15 s', fired);
}

/** The agent's own alarms, which it posts to Alertmanager itself. */
export function direct(replays: readonly AlarmReplay[]): Contender {
  return {
    name: 'ours, direct from the agent',
    fedWith: 'sampled ten times a second',
    alerts: replays.map((replay) => firstRaised(replay, () => true)),
    pages: replays.map((replay) => firstRaised(replay, isCritical)),
  };
}

export async function others(replays: readonly Replay[]): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const { rules, everySeconds, intervalSeconds, fedWith } of OTHERS) {
    const histories = replays.map((replay) => historyOf(replay.trace.seconds, plainSeries(replay, intervalSeconds)));
    const fired = await firings(histories, { rules: [pathOf(rules)], everySeconds, intervalSeconds });
    const names = [...new Set(fired.flat().map(({ labels }) => labels['alertname']!))].sort(byNumber);
    for (const name of names) {
      const named = fired.map((alerts) => alerts.filter(({ labels }) => labels['alertname'] === name));
      contenders.push(contenderOf(name, fedWith, named));
    }
  }
  return contenders;
}

/** A rule without severities has one level, so that whatever fires is a page. */
function contenderOf(name: string, fedWith: string, fired: readonly (readonly Firing[])[]): Contender {
  const isPage = ({ labels }: Firing) => (labels['severity'] ?? 'critical') === 'critical';
  return {
    name,
    fedWith,
    alerts: fired.map(firstOf),
    pages: fired.map((alerts) => firstOf(alerts.filter(isPage))),
  };
}

function firstOf(alerts: readonly Firing[]): FirstAlert | undefined {
  if (alerts.length === 0) return undefined;
  const atSeconds = Math.min(...alerts.map(({ firstAt }) => firstAt));
  return { atSeconds, times: alerts.reduce((sum, { times }) => sum + times, 0) };
}

function firstRaised(
  { raisedAt, raisedTimes }: AlarmReplay,
  isWanted: (alarm: string) => boolean,
): FirstAlert | undefined {
  const names = [...raisedAt.keys()].filter(isWanted);
  if (names.length === 0) return undefined;
  const times = names.reduce((sum, name) => sum + (raisedTimes.get(name) ?? 0), 0);
  return { atSeconds: Math.min(...names.map((name) => raisedAt.get(name)!)), times };
}

/** "For 5 min" comes before "for 10 min". */
const byNumber = new Intl.Collator('en', { numeric: true }).compare;

function historyOf(seconds: number, recorded: Recorded): History {
  const series = Array.from(recorded, ([name, values]) => ({ series: name, values: values.join(' ') }));
  return { seconds, series };
}

/** Only the series of metrics that the rules name: reading in all the others is most of promtool's work. */
function namedIn(rules: string, recorded: Recorded): Recorded {
  return new Map([...recorded].filter(([series]) => rules.includes(series.split('{')[0]!)));
}

/** Under node_exporter's names. What looks without scraping gets its answer while Prometheus gets none. */
function plainSeries({ trace, plain }: Replay, everySeconds: number): Recorded {
  const seen = plain.flatMap((sample, second) => {
    if (second % everySeconds !== 0) return [];
    return [everySeconds === SCRAPE_SECONDS && isWithin(trace.scrapesLost, second) ? undefined : sample];
  });
  return new Map([
    ['node_nf_conntrack_entries', seen.map((sample) => String(sample?.entries ?? '_'))],
    ['node_nf_conntrack_entries_limit', seen.map((sample) => String(sample?.limit ?? '_'))],
  ]);
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
