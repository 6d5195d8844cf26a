/** The families of a flow sample that count flows: by state, and those of the top sources, destinations and prefixes. */
import type { FlowSample, StateTotal } from '../model/flow-sample.ts';
import type { Share } from '../model/share.ts';
import type { Family, Series } from './family.ts';

/** Keys of a ranking that get a series, with `other` one more; longer rankings are in the JSON. */
export const TOP_SERIES = 20;
/**
 * Rows of conntrack_flows. With three rankings of 21 series and 19 others, a flow sample has at most 120 series of these, whatever is in the table.
 */
const STATE_SERIES = 38;

export const FLOWS = {
  name: 'conntrack_flows',
  type: 'gauge',
  labels: ['family', 'protocol', 'state'],
  help: 'Flows by state, as the last flow sample scales them to the table',
} as const satisfies Family;

export const TOP_FLOWS = {
  name: 'conntrack_top_flows',
  type: 'gauge',
  labels: ['ranking', 'address', 'port', 'protocol'],
  help: 'Flows of the top sources, destinations and source prefixes; address="other" is the rest of the ranking',
} as const satisfies Family;

/** Without a number of entries there is nothing to scale shares to, and no series. */
export function flowsSeries(flowSample: FlowSample | undefined): Series<'family' | 'protocol' | 'state'>[] {
  return foldStates(flowSample?.states ?? []).flatMap(({ family, protocol, state, flows }) =>
    flows === undefined ? [] : [{ labels: { family, protocol, state }, value: flows }],
  );
}

type StateFlows = Pick<StateTotal, 'family' | 'protocol' | 'state' | 'flows'>;

/** Rows beyond STATE_SERIES are added to the row `other` of their family, which may exist already. */
function foldStates(states: readonly StateFlows[]): readonly StateFlows[] {
  if (states.length <= STATE_SERIES) return states;
  const isOther = ({ protocol, state }: StateFlows) => protocol === 'other' && state === 'other';
  const named = states.filter((row) => !isOther(row));
  const kept = named.slice(0, STATE_SERIES - 2);
  const folded = [...named.slice(STATE_SERIES - 2), ...states.filter(isOther)];
  const others = (['ipv4', 'ipv6'] as const).flatMap((family): StateFlows[] => {
    const rows = folded.filter((row) => row.family === family);
    const flows = rows.reduce<number | undefined>((sum, row) => plus(sum, row.flows), 0);
    return rows.length === 0 ? [] : [{ family, protocol: 'other', state: 'other', flows }];
  });
  return [...kept, ...others];
}

export function topFlowsSeries(
  flowSample: FlowSample | undefined,
): Series<'ranking' | 'address' | 'port' | 'protocol'>[] {
  if (flowSample === undefined) return [];
  const { sources, destinations, prefixes } = flowSample;
  return [
    ...rankingSeries('source', sources, ({ address }) => ({ address })),
    ...rankingSeries('destination', destinations, ({ address, port, protocol }) => ({
      address,
      port: port === undefined ? '' : String(port),
      protocol,
    })),
    ...rankingSeries('prefix', prefixes, ({ prefix }) => ({ address: prefix })),
  ];
}

type Key = { readonly address: string; readonly port?: string; readonly protocol?: string };

function rankingSeries<Row extends Share>(
  ranking: string,
  { top, other }: { readonly top: readonly Row[]; readonly other: Share },
  keyOf: (row: Row) => Key,
): Series<'ranking' | 'address' | 'port' | 'protocol'>[] {
  const series = ({ address, port = '', protocol = '' }: Key, flows: number | undefined) =>
    flows === undefined ? [] : [{ labels: { ranking, address, port, protocol }, value: flows }];
  const rest = top.slice(TOP_SERIES).reduce((sum, { flows }) => plus(sum, flows), other.flows);
  return [
    ...top.slice(0, TOP_SERIES).flatMap((row) => series(keyOf(row), row.flows)),
    ...series({ address: 'other' }, rest),
  ];
}

function plus(sum: number | undefined, flows: number | undefined): number | undefined {
  return sum === undefined || flows === undefined ? undefined : sum + flows;
}
