/** Questions to Prometheus, as the targets of a panel. */
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { DATASOURCE } from './variables.ts';

/** `legend` as Grafana writes it, `{{node}}`; of a table, the column's heading. */
export type Query = { readonly expr: string; readonly legend: string };

const REF_IDS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export const refId = (index: number): string => REF_IDS[index]!;

function question({ expr, legend }: Query, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .datasource(DATASOURCE)
    .refId(refId(index))
    .expr(expr.replaceAll(/\s+/g, ' ').trim())
    .legendFormat(legend);
}

/** Over the time range. */
export const ranges = (queries: readonly Query[]): DataqueryBuilder[] =>
  queries.map((query, i) => question(query, i).range().format(PromQueryFormat.TimeSeries));

/** At its end. */
export const instants = (queries: readonly Query[]): DataqueryBuilder[] =>
  queries.map((query, i) => question(query, i).instant().format(PromQueryFormat.TimeSeries));

/** At its end, a row for each series. */
export const rows = (queries: readonly Query[]): DataqueryBuilder[] =>
  queries.map((query, i) => question(query, i).instant().format(PromQueryFormat.Table));
