/** A flow sample as a person reads it on a terminal. */

import { wrap } from '../../config/help.ts';
import { serviceText } from '../../model/address.ts';
import type { FlowSample, IncompleteReason, Ranking, RankingName, TakenFlowSample } from '../../model/flow-sample.ts';
import { count, duration } from '../../model/numbers.ts';
import type { Share } from '../../model/share.ts';
import { timeoutName } from '../../model/timeout-effect.ts';
import { errorOf, percentText, type Row, shareTable } from './share-table.ts';
import { type AskedTimeouts, whatIfText } from './what-if-text.ts';

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
