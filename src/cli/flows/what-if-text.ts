/** What shorter timeouts would free, as a person reads it on a terminal. */
import { wrap } from '../../config/help.ts';
import { type FlowSample, type RankedTimeout, rankedTimeouts, timeoutName, type WhatIf } from '../../model/flows.ts';
import { OperatorError } from '../../model/operator-error.ts';
import { serviceText } from '../../model/text/address.ts';
import { count, duration, percent } from '../../model/text/numbers.ts';
import { errorOf, type Row, shareTable } from './share-table.ts';

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
function rowsOf(asked: AskedTimeouts, { timeouts }: FlowSample): RankedTimeout[] {
  const ranked = rankedTimeouts(timeouts);
  if (asked.size > 0) return ranked.filter((row) => asked.has(timeoutName(row)));
  return ranked.filter(({ shorter }) => shorter.share >= LEAST_SHARE);
}

export function whatIfText(asked: AskedTimeouts, flowSample: FlowSample, width: number): string {
  const rows = rowsOf(asked, flowSample);
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
