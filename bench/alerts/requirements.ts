import type { Contender, FirstAlert } from './contenders.ts';
import type { CorpusName } from './corpora.ts';
import type { Measurement } from './measurement.ts';
import { isLoss, isMissed, leadOf, medianOf, type Outcome, riseSecondsOf, scoreOf } from './score.ts';
import { spanOf } from './span.ts';

const MINUTE = 60;
/** A person is woken, finds the runbook and acts. */
const PAGE_LEAD_SECONDS = 3 * MINUTE;
const PAGED_RISE_SECONDS = 6 * MINUTE;
/** It takes two minutes to tell a ramp from a deploy; what takes longer than both can be warned about. */
const ALERT_LEAD_SECONDS = 5 * MINUTE;
const ALERTED_RISE_SECONDS = 7 * MINUTE;
/** Median lead of the first alert that was reached before the agent judged every alarm: nothing may fall behind it. */
const MEDIAN_LEAD_SECONDS = 13 * MINUTE + 51;
const TICKETS = 3;

/** What was seen, and each problem by name; met when there is none. */
type Finding = { readonly seen: string; readonly problems: readonly string[] };

type Requirement = {
  readonly text: string;
  readonly corpora: readonly CorpusName[];
  readonly look: (contender: Contender, outcomes: readonly Outcome[]) => Finding;
};

const BOTH: readonly CorpusName[] = ['tuning', 'held-out'];

const REQUIREMENTS: readonly Requirement[] = [
  {
    text: 'No loss is missed',
    corpora: BOTH,
    look: ({ alerts }, outcomes) => {
      const problems = namesOf(outcomes, (outcome, i) => isMissed(alerts[i], outcome) && 'a loss was missed');
      return { seen: `${problems.length} of ${outcomes.filter(isLoss).length} missed`, problems };
    },
  },
  {
    text: 'No undeserved page',
    corpora: BOTH,
    look: ({ pages }, outcomes) => {
      const isHarmless = ({ trace }: Outcome) => trace.deserves !== 'page';
      const problems = namesOf(outcomes, (outcome, i) => isHarmless(outcome) && pages[i] && 'an undeserved page');
      return { seen: `${problems.length} of ${outcomes.filter(isHarmless).length} harmless traces`, problems };
    },
  },
  {
    text: `Median lead of the first alert at least ${spanOf(MEDIAN_LEAD_SECONDS)}`,
    corpora: ['tuning'],
    look: (contender, outcomes) => {
      const median = Math.round(medianOf(scoreOf(contender, outcomes).leads));
      const seen = spanOf(median);
      return { seen, problems: median >= MEDIAN_LEAD_SECONDS ? [] : [`the median lead of the first alert is ${seen}`] };
    },
  },
  {
    text: `On each rise of ${spanOf(PAGED_RISE_SECONDS)} or longer the first page at least ${spanOf(PAGE_LEAD_SECONDS)} ahead`,
    corpora: BOTH,
    look: ({ pages }, outcomes) => aheadOn(outcomes, pages, PAGED_RISE_SECONDS, PAGE_LEAD_SECONDS, 'paged'),
  },
  {
    text: `On each rise of ${spanOf(ALERTED_RISE_SECONDS)} or longer the first alert at least ${spanOf(ALERT_LEAD_SECONDS)} ahead`,
    corpora: BOTH,
    look: ({ alerts }, outcomes) => aheadOn(outcomes, alerts, ALERTED_RISE_SECONDS, ALERT_LEAD_SECONDS, 'alerted'),
  },
  {
    text: `At most ${TICKETS} undeserved tickets`,
    corpora: ['tuning'],
    look: (contender, outcomes) => {
      const { undeservedTickets: seen } = scoreOf(contender, outcomes);
      return { seen: `${seen}`, problems: seen <= TICKETS ? [] : [`${seen} undeserved tickets`] };
    },
  },
  {
    text: 'No deserved ticket is missing',
    corpora: BOTH,
    look: ({ alerts }, outcomes) => {
      const isTicket = ({ trace }: Outcome) => trace.deserves === 'ticket';
      const problems = namesOf(
        outcomes,
        (outcome, i) => isTicket(outcome) && !alerts[i] && 'a deserved ticket is missing',
      );
      return { seen: `${problems.length} of ${outcomes.filter(isTicket).length} missing`, problems };
    },
  },
];

const WAYS = [
  { way: 'via Prometheus', of: ({ prometheus }: Measurement) => prometheus },
  { way: 'direct', of: ({ direct }: Measurement) => direct },
] as const;

/** As markdown: whether each requirement is met, on each corpus, by each way an alert takes. */
export function requirementLines(measurements: readonly Measurement[]): string[] {
  const columns = measurements.flatMap((measurement) => WAYS.map(({ way, of }) => ({ measurement, way, of })));
  const cells = ({ corpora, look }: Requirement) =>
    columns.map(({ measurement, of }) => {
      if (!corpora.includes(measurement.corpus)) return '';
      const { seen, problems } = look(of(measurement), measurement.outcomes);
      return `${problems.length === 0 ? 'met' : '**not met**'}: ${seen}`;
    });
  return [
    `| requirement | ${columns.map(({ measurement, way }) => `${measurement.corpus}, ${way}`).join(' | ')} |`,
    `|---|${columns.map(() => '---|').join('')}`,
    ...REQUIREMENTS.map((requirement) => `| ${[requirement.text, ...cells(requirement)].join(' | ')} |`),
  ];
}

/** What the requirements are broken by, each by name; empty when all are met. */
export function shortcomings(measurements: readonly Measurement[]): string[] {
  return measurements.flatMap((measurement) =>
    WAYS.flatMap(({ way, of }) =>
      REQUIREMENTS.filter(({ corpora }) => corpora.includes(measurement.corpus)).flatMap(({ look }) =>
        look(of(measurement), measurement.outcomes).problems.map((p) => `${measurement.corpus} corpus, ${way}: ${p}`),
      ),
    ),
  );
}

function aheadOn(
  outcomes: readonly Outcome[],
  firsts: readonly (FirstAlert | undefined)[],
  riseSeconds: number,
  leadSeconds: number,
  told: string,
): Finding {
  const isLong = (outcome: Outcome) => (riseSecondsOf(outcome) ?? 0) >= riseSeconds;
  const problems = namesOf(outcomes, (outcome, i) => {
    const lead = leadOf(firsts[i], outcome);
    return isLong(outcome) && lead < leadSeconds && `${told} ${spanOf(lead)} ahead`;
  });
  const long = outcomes.filter(isLong).length;
  return { seen: `on ${long - problems.length} of ${long}`, problems };
}

/** "name of the trace: problem" for each trace that has one. */
function namesOf(
  outcomes: readonly Outcome[],
  problemOf: (outcome: Outcome, index: number) => string | false | undefined,
): string[] {
  return outcomes.flatMap((outcome, i) => {
    const problem = problemOf(outcome, i);
    return problem ? [`${outcome.trace.name}: ${problem}`] : [];
  });
}
