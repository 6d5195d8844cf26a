import { type Family, familyOf } from '../../model/address.ts';
import type { StateTotal } from '../../model/flow-sample.ts';
import type { Sample } from './interval.ts';
import { shareOf } from './share.ts';
import { OFFLOADED, protocolName, REPLIED, stateName, TCP, UNREPLIED } from './states.ts';

/** Rows that are told apart: a hostile table has a flow in each of some 90 states of all protocols. */
const ROWS = 40;
const STATES = 16;
const PROTOCOLS = 256;

const SCTP = 132;
const DCCP = 33;

/** Counts flows by family, protocol and state. */
export class StateCount {
  /** One counter for whatever the kernel can say, so that counting needs no names. */
  readonly #counts = new Uint32Array(2 * PROTOCOLS * STATES);

  /** @param state the kernel's number, negative when it told none; @param isReplied IPS_SEEN_REPLY */
  add(family: number, protocol: number, state: number, isReplied: boolean): void {
    const slot = slotOf(protocol, state, isReplied);
    this.#counts[((family === 10 ? PROTOCOLS : 0) + protocol) * STATES + slot]! += 1;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  totals(sample: Sample): StateTotal[] {
    const rows = new Map<string, { family: Family; protocol: string; state: string; count: number }>();
    for (const [index, count] of this.#counts.entries()) {
      if (count > 0) addRow(rows, { ...labelsOf(index), count });
    }
    const sorted = [...rows.values()].sort((a, b) => b.count - a.count);
    const kept = new Map(sorted.slice(0, ROWS).map((row) => [nameOf(row), row]));
    for (const row of sorted.slice(ROWS)) addRow(kept, { ...row, protocol: 'other', state: 'other' });
    return [...kept.values()].map(({ count, ...labels }) => ({ ...labels, ...shareOf({ count, missed: 0 }, sample) }));
  }
}

function slotOf(protocol: number, state: number, isReplied: boolean): number {
  if (state >= 0) return Math.min(state, OFFLOADED - 1); // Higher ones than we know all read as `other`.
  if (protocol === TCP || protocol === SCTP || protocol === DCCP) return OFFLOADED;
  return isReplied ? REPLIED : UNREPLIED;
}

type Row = { readonly family: Family; readonly protocol: string; readonly state: string; readonly count: number };

function addRow(rows: Map<string, Row>, row: Row): void {
  const name = nameOf(row);
  rows.set(name, { ...row, count: row.count + (rows.get(name)?.count ?? 0) });
}

function nameOf({ family, protocol, state }: Row): string {
  return `${family} ${protocol} ${state}`;
}

function labelsOf(index: number): Omit<Row, 'count'> {
  const state = index % STATES;
  const protocol = protocolName(Math.floor(index / STATES) % PROTOCOLS);
  const family = familyOf(index < PROTOCOLS * STATES ? 2 : 10);
  return { family, protocol, state: stateName(protocol, state) };
}
