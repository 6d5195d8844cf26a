import { ALARM_ROWS } from '../../model/alarms/alarms.ts';
import { LOSS_CAUSE_ROWS } from '../../model/alarms/loss-causes.ts';
import type { AlarmJson } from '../../model/status-json.ts';
import { span } from '../../model/text/numbers.ts';
import { moreHeadroom } from './limit.ts';
import { type Advice, NOTHING_TO_DO, SEVERITIES, type Severity, type Snapshot } from './snapshot.ts';

/**
 * Adds every active alarm of the running agent. An alarm on a condition that this look has found belongs to that finding, which gets
 * the severity of the alarm at least; any other alarm is a finding of its own.
 */
export function withAgentAlarms(own: readonly Advice[], snapshot: Snapshot): readonly Advice[] {
  const alarms = snapshot.watchers?.alarms ?? [];
  return alarms.reduce((all, alarm) => withAlarm(all, alarm, snapshot), own);
}

function withAlarm(all: readonly Advice[], alarm: AlarmJson, snapshot: Snapshot): readonly Advice[] {
  const isSame = ({ alarms = [] }: Advice) => alarms.some((id) => id === alarm.alarm);
  const found = SEVERITIES.flatMap((severity) => all.filter((one) => one.severity === severity)).find(isSame);
  if (found === undefined) return [...all, reportedByAgent(alarm, snapshot)];
  const isItself = found.alarms?.[0] === alarm.alarm;
  const seen = isItself ? [...found.seen, `the running agent reports it too: ${activeText(alarm)}`] : found.seen;
  return all.map((one) => (one === found ? { ...one, severity: worse(one.severity, alarm.severity), seen } : one));
}

function worse(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) < SEVERITIES.indexOf(b) ? a : b;
}

/** From the answer of the agent alone where it is of another version and has an alarm that is not in the table. */
function reportedByAgent(alarm: AlarmJson, snapshot: Snapshot): Advice {
  const { snapshotSeconds } = snapshot;
  const row = ALARM_ROWS.find(({ id }) => id === alarm.alarm);
  const { remedy = [] } = LOSS_CAUSE_ROWS.find((cause) => cause.alarm === alarm.alarm) ?? {};
  const headroom = alarm.alarm.startsWith('table_') && isOwnTable(snapshot) ? moreHeadroom(snapshot) : undefined;
  const { remedy: orders, sysctls } = headroom ?? { remedy, sysctls: [] };
  return {
    id: `agent-${alarm.alarm}`,
    severity: alarm.severity,
    title: `The node ${alarm.summary}`,
    seen: [
      `reported by the running agent: ${activeText(alarm)}`,
      `this look of ${snapshotSeconds.toFixed(1)} s does not show it`,
    ],
    meaning: row === undefined ? '' : row.meaning.replace(/\.$/, ''),
    remedy: [...orders, `Follow the runbook: ${alarm.runbookUrl}`],
    sysctls,
  };
}

function isOwnTable({ netns }: Snapshot): boolean {
  return netns.inHostNetns !== false;
}

function activeText({ alertname, forSeconds, isResolving }: AlarmJson): string {
  const end = isResolving ? '; its condition no longer holds, and it ends soon unless that returns' : '';
  return `${alertname}, active for ${span(forSeconds)}${end}`;
}

/** Without an agent, conditions that take longer than this look are not judged. */
export function adviceOnAgent({ watchers, agentProblem }: Snapshot): Advice[] {
  if (watchers !== undefined || agentProblem === undefined) return [];
  const { message, remedy } = agentProblem;
  return [
    {
      id: 'agent-absent',
      severity: 'ok',
      title: 'No running agent answers, so only what this look shows is reported',
      seen: remedy === undefined ? [message] : [message, remedy],
      ...NOTHING_TO_DO,
    },
  ];
}
