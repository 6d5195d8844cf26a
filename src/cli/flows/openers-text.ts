/** Who opens new flows, as a person reads it on a terminal and a program as JSON. */
import { wrap } from '../../config/help.ts';
import { serviceText } from '../../model/address.ts';
import type { CountedNewFlows, NewFlows, Openers } from '../../model/new-flows.ts';
import { count, rate } from '../../model/numbers.ts';
import { errorOf, type Row, shareTable } from './share-table.ts';

export type OpenersParts = { readonly node: string; readonly newFlows: NewFlows };

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

export type OpenersJsonParts = {
  readonly node: string;
  readonly counted: CountedNewFlows;
  /** Wall clock and monotonic clock at the time of the answer. */
  readonly wallMs: number;
  readonly nowMs: number;
};

export function openersJson({ node, counted: { newFlows, endedMs }, wallMs, nowMs }: OpenersJsonParts): unknown {
  return { version: 1, node, at: new Date(wallMs - (nowMs - endedMs)).toISOString(), ...newFlows };
}
