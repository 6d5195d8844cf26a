/** One alert of Alertmanager's API v2 (api/v2/openapi.yaml, postableAlert). Times are ISO 8601. */
export type Alert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
};

/** An alert that an Alertmanager lists (gettableAlert), as far as we look at it. */
export type ListedAlert = Pick<Alert, 'labels' | 'endsAt'>;

/** Query of `GET /api/v2/alerts` for these alerts, one at least, whether or not anybody is notified of them. */
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

/** What was asked for so. Throws SyntaxError. */
export function parseAlerts(text: string): readonly ListedAlert[] {
  const list: unknown = JSON.parse(text);
  if (Array.isArray(list) && list.every(isListedAlert)) return list;
  throw new SyntaxError('Cannot parse the answer of Alertmanager: it is no list of alerts');
}

/** Labels are the identity of an alert. */
export function isSame({ labels: a }: ListedAlert, { labels: b }: ListedAlert): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function isListedAlert(value: unknown): value is ListedAlert {
  const { labels, endsAt } = (value ?? {}) as Partial<ListedAlert>;
  return typeof labels === 'object' && labels !== null && !Number.isNaN(Date.parse(String(endsAt)));
}

/** As Alertmanager reads a matcher (pkg/labels/parse.go): three escapes and no others. */
function escaped(value: string): string {
  return value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
}
