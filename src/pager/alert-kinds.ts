import type { AlarmName } from '../judge/alarm.ts';

/** What an alarm is called in Alertmanager: name and severity are those of the Prometheus rule, or the two would not merge. */
export type AlertKind = {
  readonly alertname: string;
  readonly severity: 'critical' | 'warning';
  /** Completes the sentence that begins with the node's name. */
  readonly says: string;
};

export const ALERT_KINDS = {
  saturated: {
    alertname: 'ConntrackTableFull',
    severity: 'critical',
    says: 'drops new connections: its connection tracking table is full',
  },
  critical: {
    alertname: 'ConntrackTableNearlyFull',
    severity: 'critical',
    says: 'has next to no room left in its connection tracking table',
  },
  filling: {
    alertname: 'ConntrackTableFillingUp',
    severity: 'warning',
    says: 'will soon have a full connection tracking table',
  },
  warning: {
    alertname: 'ConntrackTableHigh',
    severity: 'warning',
    says: 'uses most of its connection tracking table',
  },
} as const satisfies Record<AlarmName, AlertKind>;

/** Labels every page has; `--alert.label` may add others but not replace these. */
export const OWN_LABELS = ['alertname', 'node', 'severity'] as const;
