import { type Alert, isSame, parseAlerts, queryFor } from './alert.ts';
import type { Entry } from './alert-states.ts';
import { type Answer, outcomeOf, sayingOf } from './outcome.ts';

/** What has cleared, the alert it is posted as, and the latest end we have claimed for it, milliseconds since the epoch. */
export type Cleared = { readonly entry: Entry; readonly alert: Alert; readonly claimedWallMs: number };

/** Alertmanager keeps what it was given to the millisecond; another may keep seconds. */
const SLACK_MS = 1000;

/**
 * Those that somebody else keeps alive in an Alertmanager: they end later than we ever said. Whatever is
 * posted last to end an alert ends it for all (types/types.go, Alert.Merge), so what a Prometheus still sees burning is not
 * ours to resolve: it would raise it again within the minute. Rejects when Alertmanager does not tell.
 */
export async function heldByOthers(
  cleared: readonly Cleared[],
  ask: (query: string) => Promise<Answer>,
): Promise<readonly Entry[]> {
  const answer = await ask(queryFor(cleared.map(({ alert }) => alert)));
  if (outcomeOf(answer.statusCode) !== 'delivered') throw new Error(sayingOf(answer));
  const listed = parseAlerts(answer.text);
  const held = cleared.filter(({ alert, claimedWallMs }) =>
    listed.some((other) => isSame(other, alert) && Date.parse(other.endsAt) > claimedWallMs + SLACK_MS),
  );
  return held.map(({ entry }) => entry);
}
