/** One open connection, with what decides whether it is closed. */
export type HeldConnection = {
  /** Whose connection this is, see `originOf()`. */
  readonly origin: string;
  /** A request is being answered on it. */
  readonly isBusy: boolean;
  /** An answer was delivered over it, so its client may use it again. */
  readonly isProven: boolean;
  /** When it had asked for the metrics often enough to be a scraper's; monotonic. Undefined until then. */
  readonly scraperSinceMs: number | undefined;
  /** When it last ended an answer, else when it was opened; monotonic. */
  readonly idleSinceMs: number;
};

export type ConnectionLimits = {
  /** Most connections one listener holds. */
  readonly connections: number;
  /** Of these, how many no single origin can take: a client from elsewhere can connect without another one being closed. */
  readonly reserved: number;
  /** Most scrapers' connections that are never closed; where there are more, those that have been scrapers for the longest. */
  readonly scrapers: number;
  /** Of these, how many of one origin, so that one client cannot take them all by behaving like a scraper. */
  readonly scrapersPerOrigin: number;
};

/**
 * Which of `held` is closed so that `newcomer` can be added; undefined while the limits allow it. The newcomer itself is
 * always accepted: refusing it would shut out a scraper that has to reconnect during a flood.
 *
 * The connection is chosen from the origin that holds the most, so that a flood closes only its own connections. Of those,
 * the ones that never delivered an answer go first, then the longest idle, and busy ones last. A scraper's connection is idle
 * most of the time and would be chosen before any busy one, so it is not among the candidates.
 */
export function connectionToEvict<C extends HeldConnection>(
  held: readonly C[],
  newcomer: HeldConnection,
  limits: ConnectionLimits,
): C | undefined {
  const isFull = held.length >= limits.connections;
  const ofOrigin = held.filter(({ origin }) => origin === newcomer.origin).length + 1;
  const isTooManyOfOrigin = ofOrigin > limits.connections - limits.reserved;
  if (!isFull && !isTooManyOfOrigin) return undefined;
  const kept = scrapersKept(held, limits);
  const candidates = held.filter((connection) => !kept.has(connection));
  const counts = countByOrigin([...candidates, newcomer]);
  const most = Math.max(...candidates.map(({ origin }) => counts.get(origin)!));
  const isCandidate = (origin: string) => (isFull ? counts.get(origin) === most : origin === newcomer.origin);
  return candidates.filter(({ origin }) => isCandidate(origin)).sort(firstToClose)[0];
}

function scrapersKept<C extends HeldConnection>(held: readonly C[], limits: ConnectionLimits): ReadonlySet<C> {
  const scrapers = held
    .filter(({ scraperSinceMs }) => scraperSinceMs !== undefined)
    .sort((a, b) => a.scraperSinceMs! - b.scraperSinceMs!);
  const counts = new Map<string, number>();
  const kept = scrapers.filter(({ origin }) => {
    const count = (counts.get(origin) ?? 0) + 1;
    counts.set(origin, count);
    return count <= limits.scrapersPerOrigin;
  });
  return new Set(kept.slice(0, limits.scrapers));
}

function firstToClose(a: HeldConnection, b: HeldConnection): number {
  return (
    Number(a.isBusy) - Number(b.isBusy) || Number(a.isProven) - Number(b.isProven) || a.idleSinceMs - b.idleSinceMs
  );
}

function countByOrigin(connections: readonly HeldConnection[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { origin } of connections) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  return counts;
}
