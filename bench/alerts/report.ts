import { betterLines, comparisonLines, delayLines, traceLines } from './comparison.ts';
import type { CorpusName } from './corpora.ts';
import type { Measurement } from './measurement.ts';
import { requirementLines } from './requirements.ts';

const TITLES: Readonly<Record<CorpusName, string>> = {
  tuning: 'Tuning corpus',
  'held-out': 'Held-out corpus',
};

/** All of RESULTS.md, with `machine` in the first line: first what everybody asks, then what few do. */
export function reportOf(machine: string, measurements: readonly Measurement[]): string {
  const forEach = (lines: (measurement: Measurement) => readonly string[]) =>
    measurements.flatMap((measurement) => ['', `### ${TITLES[measurement.corpus]}`, '', ...lines(measurement)]);
  return [
    machine,
    '',
    '# How good the alerts are',
    '',
    ...EXPLANATION,
    ...forEach(comparisonLines),
    '',
    ...WORDS,
    '',
    '## Requirements',
    '',
    'Of our alerts, by either way they take: through the rules in Prometheus, or from the agent to Alertmanager directly.',
    '',
    ...requirementLines(measurements),
    '',
    '## Where another rule is better than ours via Prometheus',
    ...forEach(betterLines),
    '',
    '## Losses that nothing announces',
    '',
    'Time from the first lost packet to the first page, where the table fills within seconds; "never" when a page is missing.',
    ...forEach(delayLines),
    '',
    '## Ours, trace by trace',
    '',
    'Lead before the first lost packet, negative when the alert came after it; without a loss the time since the start.',
    ...forEach(traceLines),
    '',
  ].join('\n');
}

const EXPLANATION = [
  'A trace is what happens on one simulated node: the table fills in one of many ways and packets are lost, or the node only',
  'looks as if it would, or something else is wrong that can wait. Each trace is replayed through the real code of the agent,',
  'and the real rules are evaluated by promtool. The alarms are tuned on the tuning corpus; the held-out corpus has other',
  'shapes and nobody tunes on it, so it tells how good the alarms are on nodes that nobody has thought of.',
  'Made by `tsx bench/alerts/run.ts`.',
];

const WORDS = [
  '- Page: a critical alert, which wakes a person. Ticket: any other alert, which can wait for the morning.',
  '- Lead: the time from the alert to the first lost packet, on traces where the loss can be seen coming. Negative: the alert',
  '  came after the loss. Never: there was no alert.',
  '- Missed: no alert at all, or one that came later than five minutes after the first packet was dropped by a full table.',
  '  Packets lost in insertion races or to long hash chains count too where they deserve a ticket, which has fifteen minutes.',
  '- Harmless: no packet is dropped by a full table. A page is undeserved there. A ticket is undeserved where nothing at all',
  '  is wrong. A rule that knows one severity has no tickets: whatever it says wakes a person.',
];
