import type { Contender } from './contenders.ts';
import type { Replay } from './replay.ts';
import { leadOf, medianOf, type Score, scoreOf } from './score.ts';
import { spanOf } from './span.ts';

/** What it takes to tell a ramp from a deploy; what a ramp lasts longer can be warned about. */
const TO_TELL_SECONDS = 120;
const WARNING_SECONDS = 300;

/** The two tables as markdown, with `machine` in the first line. */
export function reportOf(machine: string, contenders: readonly Contender[], replays: readonly Replay[]): string {
  return [
    machine,
    '',
    '# How good the alerts are',
    '',
    ...EXPLANATION,
    '',
    ...scores(contenders, replays),
    '',
    '## Where another is better',
    '',
    ...betterOnes(contenders, replays),
    '',
    '## Ours, trace by trace',
    '',
    ...traces(contenders[0]!, contenders[1]!, replays),
    '',
  ].join('\n');
}

const EXPLANATION = [
  'Made by `tsx bench/alerts/run.ts`: the real judge and exposition over simulated tables, the real rules in promtool.',
  'Lead: from the first alert to the first lost packet, on traces that can be seen coming; page lead: the same without',
  'tickets, which ours has two levels for. Delay: from the first lost packet to the first page, on the others, a loss within',
  'a gap of the scrapes among them. Missed: nothing was said, or later than five minutes after the first loss.',
  'Pages that nobody deserved: traces, and in brackets how often they paged.',
];

function scores(contenders: readonly Contender[], replays: readonly Replay[]): string[] {
  return [
    '| rule | fed with | losses missed | lead, median | lead, worst | page lead, median | page lead, worst | delay, median | delay, worst | undeserved pages | undeserved tickets |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...contenders.map((contender) => {
      const score = scoreOf(contender, replays);
      const cells = [
        contender.name,
        contender.fedWith,
        `${score.missed} of ${score.losses}`,
        spanOf(medianOf(score.leads)),
        spanOf(Math.min(...score.leads)),
        spanOf(medianOf(score.pageLeads)),
        spanOf(Math.min(...score.pageLeads)),
        spanOf(medianOf(score.delays)),
        spanOf(Math.max(...score.delays)),
        `${score.falsePages} of ${score.calmTraces} (${score.pagesOnCalm})`,
        String(score.falseTickets),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

/** Columns and whether more is better. */
const COLUMNS: readonly [string, (score: Score) => number][] = [
  ['losses missed', ({ missed }) => -missed],
  ['median lead', ({ leads }) => medianOf(leads)],
  ['worst lead', ({ leads }) => Math.min(...leads)],
  ['median lead of a page', ({ pageLeads }) => medianOf(pageLeads)],
  ['worst lead of a page', ({ pageLeads }) => Math.min(...pageLeads)],
  ['median delay', ({ delays }) => -medianOf(delays)],
  ['worst delay', ({ delays }) => -Math.max(...delays)],
  ['undeserved pages', ({ falsePages }) => -falsePages],
  ['undeserved tickets', ({ falseTickets }) => -falseTickets],
];

function betterOnes([ours, , ...others]: readonly Contender[], replays: readonly Replay[]): string[] {
  const own = scoreOf(ours!, replays);
  const lines = others.flatMap((other) => {
    const theirs = scoreOf(other, replays);
    const better = COLUMNS.filter(([, value]) => value(theirs) > value(own)).map(([name]) => name);
    return better.length === 0 ? [] : [`- ${other.name} (${other.fedWith}): ${better.join(', ')}`];
  });
  return lines.length === 0 ? ['Nowhere.'] : [...lines, '', ...WHY];
}

const WHY = [
  'Why. Page lead: "above 75 % at once" pages early because it pages for everybody who works above the mark. Ours pages when',
  'a table is above 90 % and filling: below that a rollout looks the same. Ours warns earlier on ramps of up to half an hour;',
  'on leaks of an hour and more that rule is ahead of our warning too, since ours waits for the last quarter of an hour.',
  '',
  'Delay: a rule that looks each second sees a loss before the next scrape does; the page the agent sends itself is faster',
  'still. The worst delay of ours is a loss within eight minutes without scrapes, told as soon as they return.',
  '',
  'Tickets: a rule with one level has none. Ours are forecasts of rises that stopped in time (the first tooth of a saw, the',
  'first wave of a deploy), which nobody can tell from those that do not; they wake nobody.',
];

function traces(prometheus: Contender, direct: Contender, replays: readonly Replay[]): string[] {
  const rows = replays.map((replay, i) => {
    const { trace, firstLossAt } = replay;
    const told = (call: Contender['pages'][number]) => {
      if (call === undefined) return '';
      return firstLossAt === undefined ? `at ${spanOf(call.atSeconds)}` : spanOf(leadOf(call, replay));
    };
    const cells = [
      trace.name,
      trace.deserves,
      firstLossAt === undefined ? '' : spanOf(firstLossAt),
      told(prometheus.notices[i]),
      told(prometheus.pages[i]),
      told(direct.notices[i]),
      told(direct.pages[i]),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    'Lead before the first lost packet, negative when it came after; without a loss the time since the start.',
    '',
    '| trace | deserves | first loss at | alert | page | alert, direct | page, direct |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ];
}

/** What the requirement is broken by; empty when it is met. */
export function shortcomings([ours]: readonly Contender[], replays: readonly Replay[]): string[] {
  const score = scoreOf(ours!, replays);
  const late = replays.flatMap((replay, i) => {
    const { risesAt } = replay.trace;
    const given = risesAt === undefined ? 0 : (replay.firstLossAt ?? 0) - risesAt;
    const lead = leadOf(ours!.notices[i], replay);
    return given >= WARNING_SECONDS + TO_TELL_SECONDS && lead < WARNING_SECONDS
      ? [`${replay.trace.name}: warned ${spanOf(lead)} ahead`]
      : [];
  });
  const undeserved = replays.flatMap(({ trace }, i) =>
    trace.deserves !== 'page' && ours!.pages[i] !== undefined ? [`${trace.name}: an undeserved page`] : [],
  );
  return [...(score.missed > 0 ? [`${score.missed} losses missed`] : []), ...undeserved, ...late];
}
