/** What changed on a node, drawn across all pictures of it. */
import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { CRITICAL, REFERENCE, WARNING } from './colours.ts';
import { OF_NODE } from './expressions.ts';
import { isAnswering } from './table-series.ts';
import { DATASOURCE } from './variables.ts';

type Change = { readonly name: string; readonly expr: string; readonly title: string; readonly colour: string };

const alarms = (severity: string) => `max by (alarm) (conntrack_alarm_active{severity="${severity}", ${OF_NODE}}) == 1`;

const CHANGES: readonly Change[] = [
  { name: 'Critical alarms', expr: alarms('critical'), title: '{{alarm}}', colour: CRITICAL },
  { name: 'Warnings', expr: alarms('warning'), title: '{{alarm}}', colour: WARNING },
  { name: 'Not watched', expr: `${isAnswering(OF_NODE)} == 0`, title: 'Not watched', colour: WARNING },
  {
    name: 'Limit changed',
    expr: `changes(conntrack_entries_limit{${OF_NODE}}[2m]) > 0`,
    title: 'Limit changed',
    colour: WARNING,
  },
  {
    name: 'Agent started',
    expr: `changes(process_start_time_seconds{${OF_NODE}}[2m]) > 0`,
    title: 'Agent started',
    colour: REFERENCE,
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
