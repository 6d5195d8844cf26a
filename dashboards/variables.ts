/** Data source, cluster and node. */
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { OF_FLEET } from './expressions.ts';

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

const ALL = { text: 'All', value: '$__all' };

/** Every agent has it, and nobody else. */
const AGENTS = 'conntrack_agent_build_info';

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
  query('cluster', 'Cluster', `label_values(${AGENTS}, cluster)`).includeAll(true).allValue('.*').current(ALL);

/** Exactly one. */
export const node = () => query('node', 'Node', `label_values(${AGENTS}{${OF_FLEET}}, node)`);

export const nodes = () => node().multi(true).includeAll(true).allValue('.+').current(ALL);
