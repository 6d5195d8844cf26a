/** What changed on a node, drawn across all pictures of it. */
import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { CRITICAL, MARK, WARNING } from './colours.ts';
import { OF_AGENT, OF_NODE } from './expressions.ts';
import { DATASOURCE } from './variables.ts';

type Change = { readonly name: string; readonly expr: string; readonly title: string; readonly colour: string };

const CHANGES: readonly Change[] = [
  {
    name: 'Alerts',
    expr: `ALERTS{alertname=~"Conntrack.*", alertstate="firing", ${OF_NODE}}`,
    title: '{{alertname}}',
    colour: CRITICAL,
  },
  {
    name: 'Limit changed',
    expr: `changes(node:conntrack_entries_limit:max{${OF_NODE}}[2m]) > 0`,
    title: 'Limit changed',
    colour: WARNING,
  },
  {
    name: 'Agent started',
    expr: `changes(process_start_time_seconds{${OF_AGENT}}[2m]) > 0`,
    title: 'Agent started',
    colour: MARK,
  },
];

export function nodeAnnotations(): AnnotationQueryBuilder[] {
  return CHANGES.map(({ name, expr, title, colour }) =>
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(DATASOURCE)
      .enable(true)
      .iconColor(colour)
      .expr(expr)
      .titleFormat(title)
      .textFormat('')
      .tagKeys('')
      .step('60s'),
  );
}
