/** Data source, cluster and node, and the agents of the nodes chosen. */
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { namedByNode, OF_CLUSTER, OF_NODE } from './expressions.ts';

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

const ALL = { text: 'All', value: '$__all' };

const WATCHED = 'node:conntrack_agent_source_up:max';

function query(name: string, label: string, expr: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query: expr, refId: `variable-${name}` })
    .definition(expr)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}

export const datasource = () =>
  new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .type('prometheus')
    .current({ text: 'default', value: 'default' });

/** Series may carry no label `cluster`; "All" matches those too. */
export const cluster = () =>
  query('cluster', 'Cluster', `label_values(${WATCHED}, cluster)`).includeAll(true).allValue('.*').current(ALL);

/** Exactly one. */
export const node = () => query('node', 'Node', `label_values(${WATCHED}{${OF_CLUSTER}}, node)`);

export const nodes = () => node().multi(true).includeAll(true).allValue('.+').current(ALL);

/**
 * The label `instance` of the agents on the chosen nodes. Hidden, and always all of them. It looks over the whole time range, so
 * that the past of a node whose agent is down can be seen.
 */
export const instance = () => {
  const agents = namedByNode(`last_over_time(conntrack_agent_build_info{${OF_CLUSTER}}[$__range])`);
  const chosen = `last_over_time(${WATCHED}{${OF_NODE}}[$__range])`;
  const builder = query(
    'instance',
    'Agent',
    `query_result(group by (instance) (${agents} and on (cluster, node) ${chosen}))`,
  )
    .regex('/instance="([^"]+)"/')
    .hide(VariableHide.HideVariable)
    .multi(true)
    .includeAll(true)
    .current(ALL);
  // Another dashboard asks anew: it may be about other nodes.
  return { build: (): VariableModel => ({ ...builder.build(), skipUrlSync: true }) };
};
