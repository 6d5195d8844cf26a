/** The table of alerts in README.md. */
import { between } from '../docs/tables.ts';
import { ALARM_ROWS } from '../src/model/alarms/alarms.ts';
import { AGENT_ALERTS } from './agent-alerts.ts';
import { CLUSTER_ALERTS } from './cluster-rules.ts';

/** `readme` with the table as the code has it now. */
export function alertTable(readme: string): string {
  const alarms = ALARM_ROWS.map(({ alertname, severity, id, label, isDirectOnly }) => {
    return [alertname, severity, `\`${id}\`${isDirectOnly ? ', only sent directly' : ''}`, label];
  });
  const others = [...AGENT_ALERTS, ...CLUSTER_ALERTS].map(({ alert, severity }) => [alert, severity, '', '']);
  const rows = [...alarms, ...others].map(
    ([name, severity, alarm, label]) =>
      `| [\`${name}\`](../docs/runbooks/${name}.md) | ${severity} | ${alarm} | ${label} |`,
  );
  const head = [
    '| alert | severity | alarm of the agent, sent directly too | state of the node |',
    '| --- | --- | --- | --- |',
  ];
  return between('alerts', readme, [...head, ...rows].join('\n'));
}
