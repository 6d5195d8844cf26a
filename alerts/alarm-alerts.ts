/** The alerts that repeat the alarms of the agents, one for each row of the table of alarms that Prometheus can repeat. */
import type { AlarmRow, AlarmSubject } from '../src/model/alarms/alarm.ts';
import { RULE_ROWS, runbookUrl } from '../src/model/alarms/alarms.ts';
import { descriptionOf, ofCounted } from './descriptions.ts';
import type { AlertRule } from './rule.ts';

/** Longer than the scrapes of a full table may fail: the alert must not end because the agent cannot be scraped. */
const KEEP_FIRING_FOR = '5m';

export function alarmAlerts(subject: AlarmSubject): AlertRule[] {
  return RULE_ROWS.filter((row) => row.subject === subject).map(alertOf);
}

/**
 * The first branch is the alarm as scraped last, the second one that began between the last two scrapes, be they as far apart as
 * 15 minutes. It holds only while the agent is there: a range does not end where a series does, so an alarm that began between
 * the last two scrapes of a deleted node would go on for 15 minutes. `irate`, because it looks at these two alone: `increase` of
 * VictoriaMetrics takes the first value of a new series for growth, and would raise an alarm that ended long ago. Filters are inside `max by`, which then has few series to read.
 */
function alertOf({ id, alertname, severity, summary, meaning, uncounted, numbers }: AlarmRow): AlertRule {
  return {
    alert: alertname,
    severity,
    expr: `max by (cluster, node) (conntrack_alarm_active{alarm="${id}"} == 1)
  or
max by (cluster, node) (irate(conntrack_alarm_raised_total{alarm="${id}"}[15m]) > 0 and conntrack_alarm_active{alarm="${id}"})`,
    keepFiringFor: KEEP_FIRING_FOR,
    summary: `Node {{ $labels.node }} ${ofCounted(summary, uncounted?.summary)}`,
    description: descriptionOf({ meaning: ofCounted(meaning, uncounted?.meaning), numbers }),
    runbookUrl: runbookUrl(alertname),
  };
}
