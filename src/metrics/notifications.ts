import type { Family, Series } from './family.ts';

/** Notifications by outcome, every outcome there from the start; undefined without an Alertmanager. */
export type NotificationCounts = ReadonlyMap<string, number> | undefined;

export const NOTIFICATIONS = {
  name: 'conntrack_agent_notifications_total',
  type: 'counter',
  labels: ['outcome'],
  help: 'Posts of alerts to an Alertmanager, by outcome; absent without --alertmanager.url',
} as const satisfies Family;

/** An agent without an Alertmanager does not even have the family. */
export function notificationSeries(counts: NotificationCounts): Series<'outcome'>[] {
  return Array.from(counts ?? [], ([outcome, value]) => ({ labels: { outcome }, value }));
}
