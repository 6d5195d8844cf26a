/** One open connection, as far as the choice of the one to close needs to know it. */
export type HeldConnection = {
  /** Whose connection this is, see `originOf()`. */
  readonly origin: string;
  /** A request is being answered on it. */
  readonly isBusy: boolean;
  /** It has brought somebody an answer, so somebody may be coming back over it. */
  readonly isProven: boolean;
  /** When it had come back to the metrics often enough to be a scraper's; monotonic. Undefined until then. */
  readonly scraperSinceMs: number | undefined;
  /** When it last ended an answer, else when it was opened; monotonic. */
  readonly idleSinceMs: number;
};

export type ConnectionLimits = {
  /** Most connections one listener holds. */
  readonly connections: number;
  /** Of these, how many no single origin can take: a newcomer from elsewhere finds a place without anybody being closed. */
  readonly reserved: number;
  /** Most scrapers' connections that are kept whoever comes; of many, those that have been scrapers for the longest. */
  readonly scrapers: number;
  /** Of these, how many of one origin, so that nobody can pass for all scrapers there are. */
  readonly scrapersPerOrigin: number;
};

/**
 * Which of `held` is closed so that `newcomer` fits; undefined while there is room. The newcomer itself is always let in:
 * refusing it would lock out a scraper that has to reconnect during a flood.
 *
 * It is taken from the origin that holds the most, so a flood only ever closes its own connections. There, connections
 * that never brought an answer go first, then the longest idle, and those at work last. A scraper's connection is idle most
 * of the time and would always be the first of those that brought answers: so it is not among the candidates.
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
  const dispensable = held.filter((connection) => !kept.has(connection));
  const counts = countByOrigin([...dispensable, newcomer]);
  const most = Math.max(...dispensable.map(({ origin }) => counts.get(origin)!));
  const mayLose = (origin: string) => (isFull ? counts.get(origin) === most : origin === newcomer.origin);
  return dispensable.filter(({ origin }) => mayLose(origin)).sort(mostDispensableFirst)[0];
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

function mostDispensableFirst(a: HeldConnection, b: HeldConnection): number {
  return (
    Number(a.isBusy) - Number(b.isBusy) || Number(a.isProven) - Number(b.isProven) || a.idleSinceMs - b.idleSinceMs
  );
}

function countByOrigin(connections: readonly HeldConnection[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { origin } of connections) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  return counts;
}
