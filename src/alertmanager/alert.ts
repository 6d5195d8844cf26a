import { type Answer, outcomeOf } from './delivery.ts';
import { describeAnswer } from './delivery-problem.ts';

/** Labels every direct alert has; `--alertmanager.external-label` may add others but not replace these. */
export const OWN_LABELS = ['alertname', 'node', 'severity'] as const;

/** One alert of Alertmanager's API v2 (api/v2/openapi.yaml, postableAlert). Times are ISO 8601. */
export type Alert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
};

/** An alert that an Alertmanager lists (gettableAlert): the members that are used here. */
export type ListedAlert = Pick<Alert, 'labels' | 'endsAt'>;

/** An alert that is to be resolved, and the latest end that the agent has posted for it, milliseconds since the epoch. */
export type ClearedAlert = { readonly alert: Alert; readonly latestEndWallMs: number };

/** Alertmanager keeps the milliseconds of `endsAt`; other servers with its API may keep whole seconds. */
const SLACK_MS = 1000;

/**
 * The alerts that another sender keeps alive in an Alertmanager: they end later than any end that the agent has posted. The
 * last post that ends an alert ends it for all senders (types/types.go, Alert.Merge), so the agent does not resolve what a
 * Prometheus still sees firing: Prometheus would raise it again within the minute. Rejects when the query is not answered.
 */
export async function heldByOthers<C extends ClearedAlert>(
  cleared: readonly C[],
  ask: (query: string) => Promise<Answer>,
): Promise<readonly C[]> {
  const answer = await ask(queryFor(cleared.map(({ alert }) => alert)));
  if (outcomeOf(answer) !== 'delivered') throw new Error(describeAnswer(answer));
  const listed = parseAlerts(answer.text);
  return cleared.filter(({ alert, latestEndWallMs }) =>
    listed.some((other) => isSame(other, alert) && Date.parse(other.endsAt) > latestEndWallMs + SLACK_MS),
  );
}

/** Query of `GET /api/v2/alerts` for these alerts, at least one, also where they are silenced or inhibited. */
export function queryFor(alerts: readonly ListedAlert[]): string {
  const names = alerts.map(({ labels }) => labels['alertname']!);
  const common = Object.entries(alerts[0]!.labels).filter(
    ([name, value]) => name !== 'alertname' && alerts.every(({ labels }) => labels[name] === value),
  );
  const query = new URLSearchParams({ active: 'true', silenced: 'true', inhibited: 'true', unprocessed: 'true' });
  for (const [name, value] of common) query.append('filter', `${name}="${escaped(value)}"`);
  query.append('filter', `alertname=~"${names.join('|')}"`);
  return `?${query}`;
}

/** The answer to such a query. @throws SyntaxError where it is no list of alerts */
export function parseAlerts(text: string): readonly ListedAlert[] {
  const list: unknown = JSON.parse(text);
  if (Array.isArray(list) && list.every(isListedAlert)) return list;
  throw new SyntaxError('Cannot parse the answer of Alertmanager: it is no list of alerts');
}

/** Whether both are the same alert: labels are the identity of an alert. */
export function isSame({ labels: a }: ListedAlert, { labels: b }: ListedAlert): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function isListedAlert(value: unknown): value is ListedAlert {
  const { labels, endsAt } = (value ?? {}) as Partial<ListedAlert>;
  return typeof labels === 'object' && labels !== null && !Number.isNaN(Date.parse(String(endsAt)));
}

/** A label value inside a matcher, with the three escapes that Alertmanager knows (pkg/labels/parse.go). */
function escaped(value: string): string {
  return value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
}
