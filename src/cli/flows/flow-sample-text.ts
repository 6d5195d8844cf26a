import { wrap } from '../../config/help.ts';
import {
  type CountedNewFlows,
  type FlowSample,
  type IncompleteReason,
  type NewFlows,
  type Openers,
  type RankedTimeout,
  type Ranking,
  type RankingName,
  rankedTimeouts,
  type Share,
  type TakenFlowSample,
  timeoutName,
  type WhatIf,
} from '../../model/flows.ts';
import { OperatorError } from '../../model/operator-error.ts';
import { serviceText } from '../../model/text/address.ts';
import { count, duration, percent, rate } from '../../model/text/numbers.ts';
import { errorOf, percentText, type Row, shareTable } from './share-table.ts';

/** A flow sample as a person reads it on a terminal. */

/** Rows of each table when there are several. */
const OVERVIEW_ROWS = 8;

export type FlowSampleTextParts = {
  readonly node: string;
  readonly taken: TakenFlowSample;
  readonly by?: RankingName | undefined;
  /** Shows what shorter timeouts would free instead. */
  readonly whatIf?: AskedTimeouts | undefined;
  /** Columns to fill. */
  readonly width: number;
};

export function flowSampleText({ node, taken, by, whatIf, width }: FlowSampleTextParts): string {
  const { flowSample } = taken;
  const tables = by === undefined ? (['state', 'source', 'destination'] as const) : [by];
  const rows = by === undefined ? OVERVIEW_ROWS : Number.POSITIVE_INFINITY;
  const head = headLines(node, taken).flatMap((line) => wrap(line, width));
  if (whatIf !== undefined) return [head.join('\n'), whatIfText(whatIf, flowSample, width)].join('\n\n');
  return [head.join('\n'), ...tables.map((name) => tableText(name, flowSample, rows, width))].join('\n\n');
}

function headLines(node: string, { flowSample, limit, unlisted, durationSeconds }: TakenFlowSample): string[] {
  const { entries, expired = 0, read, isComplete, incompleteReason, idle = [], timeouts } = flowSample;
  const raisedFrom = timeouts.find((timeout) => timeoutName(timeout) === 'tcp_timeout_established')?.raisedFrom;
  const of = limit === undefined || limit === 0 ? '' : ` of ${count(limit)}`;
  const fill = entries === undefined || of === '' ? '' : ` (${percentText(entries / limit!)})`;
  const hour = idle.find(({ overSeconds }) => overSeconds === 3600);
  const traits = [
    `${percentText(flowSample.unreplied.share)} unreplied`,
    `${percentText(flowSample.unassured.share)} not assured`,
    `${percentText(flowSample.nat.share)} NATed`,
    ...(hour === undefined || raisedFrom !== undefined
      ? []
      : [`${percentText(hour.share)} established TCP idle for over an hour`]),
  ];
  const took = `in ${durationSeconds.toFixed(2)} s`;
  return [
    `node ${node}: ${entries === undefined ? 'an unknown number' : count(entries)}${of} entries${fill}`,
    isComplete ? `every flow was read, ${took}` : `a sample of ${count(read)} flows, read ${took}`,
    traits.join(', '),
    ...(raisedFrom === undefined
      ? []
      : [
          `how long established TCP has been idle is not known: its timeout seems to have been raised from ${duration(raisedFrom)} meanwhile`,
        ]),
    ...(expired === 0
      ? []
      : [`${count(expired)} more entries have expired and are counted until the kernel removes them`]),
    ...(unlisted === undefined || unlisted === 0
      ? []
      : [`${count(unlisted)} more entries are counted and never listed`]),
    ...(incompleteReason === undefined ? [] : REASONS[incompleteReason]),
  ];
}

/** A budget that is used up is as it should be. */
const REASONS = {
  budget: [],
  resized: ['not complete: the hash table was resized meanwhile, so flows may be missing or counted twice'],
  interrupted: ['not complete: the kernel says that flows are missing or listed twice'],
  short: ['not complete: the kernel listed far fewer flows than it counts'],
} as const satisfies Record<IncompleteReason, readonly string[]>;

function tableText(name: RankingName, flowSample: FlowSample, most: number, width: number): string {
  switch (name) {
    case 'state':
      return shareTable('State', stateRows(flowSample, most), width);
    case 'source':
      return shareTable(
        'Source',
        rankingRows(flowSample.sources, most, ({ address }) => address),
        width,
      );
    case 'destination':
      return shareTable('Destination', rankingRows(flowSample.destinations, most, serviceText), width);
    case 'prefix':
      return shareTable(
        'Source prefix',
        rankingRows(flowSample.prefixes, most, ({ prefix }) => prefix),
        width,
      );
  }
}

function stateRows({ states }: FlowSample, most: number): Row[] {
  const label = (row: FlowSample['states'][number]) =>
    `${row.protocol} ${row.state}${row.family === 'ipv6' ? ' (IPv6)' : ''}`;
  const rest = states.slice(most);
  const rows = states
    .slice(0, most)
    .map((row) => ({ label: label(row), number: row.flows, share: row.share, error: errorOf(row) }));
  return rest.length === 0 ? rows : [...rows, { label: `${rest.length} others`, ...sumOf(rest) }];
}

function rankingRows<Label>({ top, other, keys }: Ranking<Label>, most: number, label: (row: Label) => string): Row[] {
  const rows = top
    .slice(0, most)
    .map((row) => ({ label: label(row), number: row.flows, share: row.share, error: errorOf(row) }));
  const others = keys === undefined ? 'all others' : `${count(keys - rows.length)} others`;
  const rest = sumOf([...top.slice(most), other]);
  return rest.share === 0 ? rows : [...rows, { label: others, ...rest }];
}

/** Errors do not add up, so there is none. */
function sumOf(shares: readonly Share[]): Pick<Row, 'share' | 'number'> {
  const number = shares
    .map((one) => one.flows)
    .reduce((a, b) => (a === undefined || b === undefined ? undefined : a + b), 0);
  return { share: shares.reduce((sum, { share }) => sum + share, 0), number };
}

/** Who opens new flows, as a person reads it on a terminal and a program as JSON. */

type OpenersParts = { readonly node: string; readonly newFlows: NewFlows };

export function openersText({ node, newFlows }: OpenersParts, width: number): string {
  const { perSecond, low, high, sources, destinations } = newFlows;
  const range = `${rate(low)} to ${rate(high)} in 95 % of cases`;
  const head = [`node ${node}: ${rate(perSecond)} new flows a second, ${range}`, heardText(newFlows)];
  return [
    head.flatMap((line) => wrap(line, width)).join('\n'),
    shareTable(
      'Source',
      rowsOf(sources, ({ address }) => address),
      width,
      'a second',
    ),
    shareTable('Destination', rowsOf(destinations, serviceText), width, 'a second'),
  ].join('\n\n');
}

function heardText({ heard, lost, windowSeconds }: NewFlows): string {
  const window = `within ${windowSeconds.toFixed(2)} s`;
  if (lost === 0) return `${count(heard)} flows ${window}`;
  return `${count(heard + lost)} flows ${window}, of which the kernel had room to tell of ${count(heard)}`;
}

function rowsOf<Label>({ top, otherPerSecond }: Openers<Label>, label: (row: Label) => string): Row[] {
  const rows = top.map((row) => {
    const { perSecond, share, low, high } = row;
    return { label: label(row), number: perSecond, share, error: errorOf({ share, low, high }) };
  });
  const share = Math.max(0, 1 - rows.reduce((sum, row) => sum + row.share, 0));
  return otherPerSecond === 0 ? rows : [...rows, { label: 'all others', number: otherPerSecond, share }];
}

type OpenersJsonParts = {
  readonly node: string;
  readonly counted: CountedNewFlows;
  /** Wall clock and monotonic clock at the time of the answer. */
  readonly wallMs: number;
  readonly nowMs: number;
};

export function openersJson({ node, counted: { newFlows, endedMs }, wallMs, nowMs }: OpenersJsonParts): unknown {
  return { version: 1, node, at: new Date(wallMs - (nowMs - endedMs)).toISOString(), ...newFlows };
}

/** What shorter timeouts would free, as a person reads it on a terminal. */

/** Values of timeouts, in seconds, by name; empty for the usual ones of all. */
export type AskedTimeouts = ReadonlyMap<string, number>;

/** Below this a timeout is not listed where none was asked for. */
const LEAST_SHARE = 0.0005;

export const OLD_TIMERS =
  'Entries that stand keep the timer they have: a shorter timeout applies to each from its next packet on, or to the entry that follows it.';
export const PAUSES =
  'A timeout that is shorter than the pauses of an application cuts its connections off, or loses their translation.';

/** @throws OperatorError for a timeout that this kernel does not have, or that is no longer than what was asked for */
export function expectTimeouts(asked: AskedTimeouts, { timeouts }: FlowSample): void {
  const known = new Map(timeouts.map((effect) => [timeoutName(effect), effect.seconds]));
  const problems = Array.from(asked, ([name, seconds]) => {
    const now = known.get(name);
    if (now === undefined) return `"${name}" is none of ${[...known.keys()].sort().join(', ')}`;
    return seconds < now ? undefined : `"${name}" is ${now} s already, which ${seconds} s would not shorten`;
  }).filter((problem) => problem !== undefined);
  if (problems.length === 0) return;
  throw new OperatorError(`Cannot tell what --what-if asks for: ${problems.join('; ')}`, {
    remedy: 'Give values below those that are set now; --what-if without values ranks all timeouts',
  });
}

/** The rows to show: those asked for, else all that would free anything. */
function whatIfRows(asked: AskedTimeouts, { timeouts }: FlowSample): RankedTimeout[] {
  const ranked = rankedTimeouts(timeouts);
  if (asked.size > 0) return ranked.filter((row) => asked.has(timeoutName(row)));
  return ranked.filter(({ shorter }) => shorter.share >= LEAST_SHARE);
}

export function whatIfText(asked: AskedTimeouts, flowSample: FlowSample, width: number): string {
  const rows = whatIfRows(asked, flowSample);
  if (rows.length === 0) return 'No shorter timeout would free any entries';
  const table = shareTable('Timeout', rows.map(tableRow), width, 'frees');
  const left = flowSample.whatIf === undefined ? [] : [leftText(flowSample.whatIf)];
  const notes = [...left, ...rows.flatMap(raisedText), OLD_TIMERS, PAUSES].map((text) => wrap(text, width).join('\n'));
  return [table, ...notes, pausesText(rows)].join('\n\n');
}

function tableRow(row: RankedTimeout): Row {
  const { shorter, seconds } = row;
  const label = `${timeoutName(row)} ${count(seconds)} to ${count(shorter.seconds)} s`;
  return { label, number: shorter.flows, share: shorter.share, error: errorOf(shorter) };
}

function leftText({ freed, left }: WhatIf): string {
  if (left === undefined) return `Together ${percent(freed.share)} of the table would be free`;
  const { entries, low, high } = left;
  return `With all of it and the same traffic there would be ${count(entries)} entries, ${count(low)} to ${count(high)} in 95 % of cases.`;
}

/** What cannot be known of a timeout that was raised. */
function raisedText(row: RankedTimeout): string[] {
  if (row.raisedFrom === undefined) return [];
  const from = duration(row.raisedFrom);
  return [
    `${timeoutName(row)} seems to have been raised from ${from} meanwhile: entries from before keep their timer, so how long they have been idle is not known. They are in the margins alone.`,
  ];
}

function pausesText(rows: readonly RankedTimeout[]): string {
  const lines = rows.flatMap((row) =>
    row.longestIdle.map((idle) => `  ${timeoutName(row)}  ${duration(idle.idleSeconds)}  ${serviceText(idle)}`),
  );
  return ['The longest that entries have been idle:', ...lines].join('\n');
}
