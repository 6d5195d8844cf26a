/** Ways from one dashboard to another, with time range and variables. */
import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

export const UIDS = { fleet: 'conntrack-fleet', node: 'conntrack-node', flows: 'conntrack-flows' } as const;

const TITLES = { fleet: 'Fleet', node: 'Node', flows: 'Flows' } as const;

export type Board = keyof typeof UIDS;

/** At the top of a dashboard. */
export function linkTo(board: Board): DashboardLinkBuilder {
  return new DashboardLinkBuilder(TITLES[board])
    .type(DashboardLinkType.Link)
    .icon('dashboard')
    .url(`/d/${UIDS[board]}`)
    .keepTime(true)
    .includeVars(true);
}

const CARRIED = '${datasource:queryparam}&${cluster:queryparam}&${__url_time_range}';

/** On a value: the dashboard of the node that the series or the row is about. */
export function nodeLink(of: 'series' | 'row'): { title: string; url: string; targetBlank: boolean } {
  const name = of === 'series' ? '${__field.labels.node}' : '${__data.fields.Node}';
  return { title: `Look at ${name}`, url: `/d/${UIDS.node}?var-node=${name}&${CARRIED}`, targetBlank: false };
}
