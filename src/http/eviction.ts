/** One open connection, as far as the choice of a victim needs to know it. */
export type HeldConnection = {
  /** Whose connection this is, see `originOf()`. */
  readonly origin: string;
  /** A request is being answered on it. */
  readonly busy: boolean;
  /** It has brought somebody an answer, so somebody may be coming back over it. */
  readonly proven: boolean;
  /** When it last ended an answer, else when it was opened; monotonic. */
  readonly idleSinceMs: number;
};

export type ConnectionLimits = {
  /** Most connections one listener holds. */
  readonly connections: number;
  /** Of these, how many no single origin can take: a newcomer from elsewhere finds a place without anybody being closed. */
  readonly reserved: number;
};

/**
 * Which of `held` is closed so that `newcomer` fits; undefined while there is room. The newcomer itself is always let in:
 * refusing it would lock out a scraper that has to reconnect during a flood.
 *
 * It is taken from the origin that holds the most, so a flood only ever closes its own connections. There, connections
 * that never brought an answer go first, then the longest idle, and those at work last.
 */
export function chooseVictim<C extends HeldConnection>(
  held: readonly C[],
  newcomer: HeldConnection,
  limits: ConnectionLimits,
): C | undefined {
  const counts = countByOrigin([...held, newcomer]);
  const full = held.length >= limits.connections;
  const greedy = counts.get(newcomer.origin)! > limits.connections - limits.reserved;
  if (!full && !greedy) return undefined;
  const most = Math.max(...counts.values());
  const mayLose = (origin: string) => (full ? counts.get(origin) === most : origin === newcomer.origin);
  return held.filter(({ origin }) => mayLose(origin)).sort(moreDispensable)[0];
}

function moreDispensable(a: HeldConnection, b: HeldConnection): number {
  return Number(a.busy) - Number(b.busy) || Number(a.proven) - Number(b.proven) || a.idleSinceMs - b.idleSinceMs;
}

function countByOrigin(connections: readonly HeldConnection[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { origin } of connections) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  return counts;
}

/**
 * The IPv4 address, or the /64 of an IPv6 address, because whoever has one such address has them all.
 * Everybody on a unix socket (no address) is one origin.
 */
export function originOf(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return 'socket';
  const mapped = /^::ffff:([\d.]+)$/i.exec(remoteAddress);
  if (mapped) return mapped[1]!;
  if (!remoteAddress.includes(':')) return remoteAddress;
  const [head, tail] = remoteAddress.split('::').map((half) => half.split(':').filter(Boolean));
  if (tail === undefined) return head!.slice(0, 4).join(':');
  const zeros = Array.from({ length: Math.max(0, 8 - head!.length - tail.length) }, () => '0');
  return [...head!, ...zeros, ...tail].slice(0, 4).join(':');
}
