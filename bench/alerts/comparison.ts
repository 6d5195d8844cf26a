import type { Contender } from './contenders.ts';
import type { Measurement } from './measurement.ts';
import { isLoss, leadOf, medianOf, type Outcome, type Score, scoreOf } from './score.ts';
import { spanOf } from './span.ts';

/** Ours and theirs side by side, as markdown. */
export function comparisonLines({ prometheus, direct, others, outcomes }: Measurement): string[] {
  const lost = outcomes.filter(({ trace }) => trace.deserves === 'page').length;
  const row = (contender: Contender, isOurs: boolean) => {
    const score = scoreOf(contender, outcomes);
    const name = isOurs ? `**${contender.name}**` : contender.name;
    return `| ${[`${name}, ${contender.fedWith}`, ...cellsOf(score, contender)].join(' | ')} |`;
  };
  return [
    `${outcomes.length} traces: on ${lost} of them a full table drops packets, ${outcomes.length - lost} are harmless.`,
    '',
    '| rule | losses missed | median lead of the first alert | worst lead of the first alert | median lead of the first page | worst lead of the first page | undeserved pages | undeserved tickets |',
    '|---|---|---|---|---|---|---|---|',
    ...others.map((other) => row(other, false)),
    row(prometheus, true),
    row(direct, true),
  ];
}

function cellsOf(score: Score, { alerts, pages }: Contender): string[] {
  const hasTickets = alerts.some((first, i) => first?.atSeconds !== pages[i]?.atSeconds);
  return [
    `${score.missed} of ${score.losses}`,
    spanOf(medianOf(score.leads)),
    spanOf(Math.min(...score.leads)),
    spanOf(medianOf(score.pageLeads)),
    spanOf(Math.min(...score.pageLeads)),
    `${score.undeservedPages} of ${score.harmless}`,
    hasTickets ? String(score.undeservedTickets) : 'no tickets',
  ];
}

/** How long after the first lost packet the first page comes, where nothing announces the loss. */
export function delayLines({ prometheus, direct, others, outcomes }: Measurement): string[] {
  return [
    '| rule | median | worst |',
    '|---|---|---|',
    ...[...others, prometheus, direct].map((contender) => {
      const { delays } = scoreOf(contender, outcomes);
      return `| ${[contender.name, spanOf(medianOf(delays)), spanOf(Math.max(...delays))].join(' | ')} |`;
    }),
  ];
}

/** Numbers of which more is better, in the words of a sentence. */
const NUMBERS: readonly { readonly name: string; readonly of: (score: Score) => number; readonly isSpan?: true }[] = [
  { name: 'losses missed', of: ({ missed }) => -missed },
  { name: 'median lead of the first alert', of: ({ leads }) => medianOf(leads), isSpan: true },
  { name: 'worst lead of the first alert', of: ({ leads }) => Math.min(...leads), isSpan: true },
  { name: 'median lead of the first page', of: ({ pageLeads }) => medianOf(pageLeads), isSpan: true },
  { name: 'worst lead of the first page', of: ({ pageLeads }) => Math.min(...pageLeads), isSpan: true },
  { name: 'undeserved pages', of: ({ undeservedPages }) => -undeservedPages },
];

/** What another rule does better than ours via Prometheus, and what it pays for that. */
export function betterLines({ prometheus, others, outcomes }: Measurement): string[] {
  const own = scoreOf(prometheus, outcomes);
  const lines = others.flatMap((other) => {
    const theirs = scoreOf(other, outcomes);
    const better = NUMBERS.filter(({ of }) => of(theirs) > of(own)).map(({ name, of, isSpan }) => {
      const [value, ownValue] = [of(theirs), of(own)].map((n) => (isSpan ? spanOf(n) : String(Math.abs(n))));
      return `${name} (${value}, ours ${ownValue})`;
    });
    return better.length === 0 ? [] : [`- ${other.name}: ${better.join(', ')}. ${priceOf(theirs)}`];
  });
  return lines.length === 0 ? ['Nowhere.'] : lines;
}

function priceOf({ missed, losses, undeservedPages, harmless, pagesOnHarmless }: Score): string {
  return `It misses ${missed} of ${losses} losses and pages ${pagesOnHarmless} times on ${undeservedPages} of ${harmless} harmless traces.`;
}

export function traceLines({ prometheus, direct, outcomes }: Measurement): string[] {
  const rows = outcomes.map((outcome, i) => {
    const { trace, firstLossAt } = outcome;
    const firsts = [prometheus.alerts[i], prometheus.pages[i], direct.alerts[i], direct.pages[i]];
    const loss = firstLossAt === undefined ? '' : spanOf(firstLossAt);
    return `| ${[trace.name, trace.deserves, loss, ...firsts.map((first) => told(first, outcome))].join(' | ')} |`;
  });
  return [
    '| trace | deserves | first loss at | first alert | first page | first alert, direct | first page, direct |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ];
}

function told(first: Contender['alerts'][number], outcome: Outcome): string {
  if (first === undefined) return '';
  return isLoss(outcome) ? spanOf(leadOf(first, outcome)) : `at ${spanOf(first.atSeconds)}`;
}
