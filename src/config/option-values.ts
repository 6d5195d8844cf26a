import { isIP, isIPv6 } from 'node:net';

/** The fallback that is only known on the node. */
export const HOST_NAME = Symbol('the host name');

export type Option = {
  readonly flag: string;
  /**
   * `list` may be given often, in its variable with commas; `switch` takes no value and has a `--no-` form; the value of
   * `optional` may be left out, and is empty then.
   */
  readonly kind: 'single' | 'list' | 'switch' | 'optional';
  readonly value: Value<unknown>;
  /** Text as one would give it to the flag; undefined leaves a single value undefined and a list empty. */
  readonly fallback: string | typeof HOST_NAME | undefined;
  /** Somebody else's variable, read after ours. Empty counts as absent: the downward API may leave it so. */
  readonly variable?: string;
  /** A sentence without its period. */
  readonly help: string;
};

/** The kinds of value a flag takes: what is expected, in words, and text in, value out. */

export type Value<T> = {
  /** Completes "expected ..." in a problem, and describes the flag in the help. */
  readonly expected: string;
  /** @throws BadValue. */
  readonly parse: (text: string) => T;
};

/** Text that is not such a value. */
export class BadValue extends Error {
  constructor(expected: string, text: string) {
    super(`expected ${expected}, got ${quoted(text)}`);
    this.name = 'BadValue';
  }
}

/** Text of a stranger, on one line and not long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length <= 120 ? text : `${text.slice(0, 120)}...`);
}

/** `convert` answers undefined to what it does not accept. */
export function value<T>(expected: string, convert: (text: string) => T | undefined): Value<T> {
  return {
    expected,
    parse(text) {
      const converted = convert(text);
      if (converted === undefined) throw new BadValue(expected, text);
      return converted;
    },
  };
}

export function oneOf<const W extends string>(words: readonly W[]): Value<W> {
  return value(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text));
}

export const boolean: Value<boolean> = value('true, false, 1 or 0', (text) => {
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : undefined;
});

const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** Prometheus durations (`100ms`, `10s`, `1m30s`, `2h`) to milliseconds; units fall and none comes twice. Both bounds are allowed. */
export function durationIn(fromMs: number, toMs: number): Value<number> {
  return value(`a duration from ${durationText(fromMs)} to ${durationText(toMs)}`, (text) => {
    const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text)?.slice(1);
    if (text === '' || parts === undefined) return undefined;
    const ms = Object.values(UNITS_MS).reduce((sum, unitMs, i) => sum + Number(parts[i] ?? 0) * unitMs, 0);
    return ms >= fromMs && ms <= toMs ? ms : undefined;
  });
}

/** Both bounds are allowed. */
export function wholeNumberIn(from: number, to: number): Value<number> {
  return value(`a whole number from ${from} to ${to}`, (text) => {
    const isWhole = /^\d{1,15}$/.test(text);
    return isWhole && Number(text) >= from && Number(text) <= to ? Number(text) : undefined;
  });
}

/** A decimal number such as `0.95`; both bounds are allowed. */
export function numberIn(from: number, to: number): Value<number> {
  return value(`a number from ${from} to ${to}`, (text) => {
    const isDecimal = /^\d{1,9}(\.\d{1,9})?$/.test(text);
    return isDecimal && Number(text) >= from && Number(text) <= to ? Number(text) : undefined;
  });
}

/** `90000` as `1m30s`. Takes whole milliseconds above 0. */
export function durationText(ms: number): string {
  let rest = ms;
  const parts = Object.entries(UNITS_MS).map(([unit, unitMs]) => {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('');
}

export type ListenAddress = {
  /** A name or a bare IP address (IPv6 without brackets); empty for every address of the node. */
  readonly host: string;
  /** 0 lets the kernel pick. */
  readonly port: number;
};

export const listenAddress: Value<ListenAddress> = value('host:port, [IPv6]:port or :port', (text) => {
  const { bracketed, bare, port } =
    /^(?:\[(?<bracketed>[^[\]]+)\]|(?<bare>[^[\]:]*)):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  const isHost = bracketed === undefined ? bare === '' || isHostName(bare ?? '') : isIPv6(bracketed);
  if (!isHost || Number(port) > 65_535) return undefined;
  return { host: (bracketed ?? bare ?? '').toLowerCase(), port: Number(port) };
});

/** RFC 1123, with the underscore that machines have all the same. All digits in the last label is a mistyped IPv4 address. */
function isHostName(text: string): boolean {
  if (text.length > 253 || !/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i.test(text))
    return false;
  return isIP(text) === 4 || !/(^|\.)\d+$/.test(text);
}

export const hostName: Value<string> = value('a host name, without scheme or port', (text) =>
  isHostName(text) && isIP(text) === 0 ? text.toLowerCase() : undefined,
);

export const ipAddress: Value<string> = value('an IPv4 or IPv6 address', (text) =>
  isIP(text) === 0 ? undefined : text,
);

export const nodeName: Value<string> = value('a name of letters, digits, ".", "_" and "-"', (text) =>
  /^[a-z0-9._-]{1,253}$/i.test(text) ? text : undefined,
);

export const folder: Value<string> = value('a path', (text) => (text === '' || text.includes('\0') ? undefined : text));

/** include/uapi/linux/un.h: UNIX_PATH_MAX is 108, and the terminating zero is one of them. */
const SOCKET_PATH_BYTES = 107;

const socketFile: Value<string> = value(
  `an absolute path of at most ${SOCKET_PATH_BYTES} bytes, or nothing to turn it off`,
  (text) =>
    text.startsWith('/') && !text.endsWith('/') && !text.includes('\0') && Buffer.byteLength(text) <= SOCKET_PATH_BYTES
      ? text
      : undefined,
);

/** Undefined when turned off. */
export const socketPath: Value<string | undefined> = {
  expected: socketFile.expected,
  parse: (text) => (text === '' ? undefined : socketFile.parse(text)),
};

/** Where the agent's own routes are, with what they may grow into. */
const OWN_ROUTES = ['/-/', '/api/'];

/** Only letters, digits, "_", "." and "-", because the router reads other characters as patterns. */
export const telemetryPath: Value<string> = value(
  `a path like /metrics, not under ${OWN_ROUTES.join(' or ')}`,
  (text) => {
    const isPlain = /^(\/[a-z0-9_-][a-z0-9._-]*)+$/i.test(text);
    // The router matches without regard to case or to a slash at the end.
    return isPlain && !OWN_ROUTES.some((route) => `${text}/`.toLowerCase().startsWith(route)) ? text : undefined;
  },
);
