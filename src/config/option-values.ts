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
  /** What the text looks like, for a check without the parser; undefined for any text. */
  readonly shape?: Shape;
};

/**
 * What a Helm template can check of a value: the chart is to refuse what the agent would refuse at its start. `from` and `to` are
 * allowed, durations in milliseconds. Patterns are RE2, in which there is no lookahead; each may match a little less than the
 * agent takes, and never more.
 */
export type Shape =
  | { readonly kind: 'duration' | 'whole' | 'decimal'; readonly from: number; readonly to: number }
  /** `unlike` must not match. */
  | { readonly kind: 'pattern'; readonly pattern: string; readonly unlike?: string }
  | { readonly kind: 'cron'; readonly fields: readonly (readonly [number, number])[] };

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
export function value<T>(expected: string, convert: (text: string) => T | undefined, shape?: Shape): Value<T> {
  return {
    expected,
    ...(shape === undefined ? {} : { shape }),
    parse(text) {
      const converted = convert(text);
      if (converted === undefined) throw new BadValue(expected, text);
      return converted;
    },
  };
}

export function oneOf<const W extends string>(words: readonly W[]): Value<W> {
  const shape = { kind: 'pattern', pattern: `^(${words.join('|')})$` } as const;
  return value(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text), shape);
}

export const boolean: Value<boolean> = value(
  'true, false, 1 or 0',
  (text) => {
    if (text === 'true' || text === '1') return true;
    return text === 'false' || text === '0' ? false : undefined;
  },
  { kind: 'pattern', pattern: '^(true|false|1|0)$' },
);

export const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** Prometheus durations (`100ms`, `10s`, `1m30s`, `2h`) to milliseconds; units fall and none comes twice. Both bounds are allowed. */
export function durationIn(fromMs: number, toMs: number): Value<number> {
  const convert = (text: string) => {
    const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text)?.slice(1);
    if (text === '' || parts === undefined) return undefined;
    const ms = Object.values(UNITS_MS).reduce((sum, unitMs, i) => sum + Number(parts[i] ?? 0) * unitMs, 0);
    return ms >= fromMs && ms <= toMs ? ms : undefined;
  };
  const expected = `a duration from ${durationText(fromMs)} to ${durationText(toMs)}`;
  return value(expected, convert, { kind: 'duration', from: fromMs, to: toMs });
}

/** Both bounds are allowed. */
export function wholeNumberIn(from: number, to: number): Value<number> {
  const convert = (text: string) => {
    const isWhole = /^\d{1,15}$/.test(text);
    return isWhole && Number(text) >= from && Number(text) <= to ? Number(text) : undefined;
  };
  return value(`a whole number from ${from} to ${to}`, convert, { kind: 'whole', from, to });
}

/** A decimal number such as `0.95`; both bounds are allowed. */
export function numberIn(from: number, to: number): Value<number> {
  const convert = (text: string) => {
    const isDecimal = /^\d{1,9}(\.\d{1,9})?$/.test(text);
    return isDecimal && Number(text) >= from && Number(text) <= to ? Number(text) : undefined;
  };
  return value(`a number from ${from} to ${to}`, convert, { kind: 'decimal', from, to });
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

/** Parts of patterns: what a host and a port look like. A name has a letter in its last label, or it would be a mistyped IPv4 address. */
const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
export const IPV4_PATTERN = `${OCTET}(\\.${OCTET}){3}`;
export const IPV6_PATTERN = ipv6Pattern();
const LABEL = '[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?';
const NAME_PATTERN = `(${LABEL}\\.)*[0-9]*[a-zA-Z_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?`;
export const HOST_PATTERN = `(${IPV4_PATTERN}|\\[${IPV6_PATTERN}\\]|${NAME_PATTERN})`;
export const PORT_PATTERN = '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})';

/** Groups before and after `::`, which stands for one at least (RFC 4291, 2.2). */
function ipv6Pattern(): string {
  const group = '[0-9a-fA-F]{1,4}';
  const shortened = [1, 2, 3, 4, 5, 6].map((before) => `(${group}:){1,${before}}(:${group}){1,${7 - before}}`);
  return `((${group}:){7}${group}|(${group}:){1,7}:|:((:${group}){1,7}|:)|${shortened.join('|')})`;
}

export type ListenAddress = {
  /** A name or a bare IP address (IPv6 without brackets); empty for every address of the node. */
  readonly host: string;
  /** 0 lets the kernel pick. */
  readonly port: number;
};

export const listenAddress: Value<ListenAddress> = value(
  'host:port, [IPv6]:port or :port',
  (text) => {
    const { bracketed, bare, port } =
      /^(?:\[(?<bracketed>[^[\]]+)\]|(?<bare>[^[\]:]*)):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
    const isHost = bracketed === undefined ? bare === '' || isHostName(bare ?? '') : isIPv6(bracketed);
    if (!isHost || Number(port) > 65_535) return undefined;
    return { host: (bracketed ?? bare ?? '').toLowerCase(), port: Number(port) };
  },
  { kind: 'pattern', pattern: `^(${HOST_PATTERN})?:${PORT_PATTERN}$` },
);

/** RFC 1123, with the underscore that machines have all the same. All digits in the last label is a mistyped IPv4 address. */
function isHostName(text: string): boolean {
  if (text.length > 253 || !/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i.test(text))
    return false;
  return isIP(text) === 4 || !/(^|\.)\d+$/.test(text);
}

export const hostName: Value<string> = value(
  'a host name, without scheme or port',
  (text) => (isHostName(text) && isIP(text) === 0 ? text.toLowerCase() : undefined),
  { kind: 'pattern', pattern: `^${NAME_PATTERN}$` },
);

export const ipAddress: Value<string> = value(
  'an IPv4 or IPv6 address',
  (text) => (isIP(text) === 0 ? undefined : text),
  { kind: 'pattern', pattern: `^(${IPV4_PATTERN}|${IPV6_PATTERN})$` },
);

export const nodeName: Value<string> = value(
  'a name of letters, digits, ".", "_" and "-"',
  (text) => (/^[a-z0-9._-]{1,253}$/i.test(text) ? text : undefined),
  { kind: 'pattern', pattern: '^[a-zA-Z0-9._-]{1,253}$' },
);

export const folder: Value<string> = value('a path', (text) => (text === '' || text.includes('\0') ? undefined : text));

/**
 * include/uapi/linux/un.h: UNIX_PATH_MAX is 108, and the terminating zero is one of them. The socket is made under a name with
 * "." and a PID of up to seven digits behind it (PID_MAX_LIMIT, include/linux/threads.h).
 */
const SOCKET_PATH_BYTES = 107 - '.4194304'.length;

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
  { kind: 'pattern', pattern: '^(/[a-zA-Z0-9_-][a-zA-Z0-9._-]*)+$', unlike: '^(?i:/-|/api)(/|$)' },
);
