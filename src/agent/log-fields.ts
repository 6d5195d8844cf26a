import type { LogLevel } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';

/**
 * The fields as both formats print them. An Error under `error` becomes `error` (its message), `remedy` when it is an
 * OperatorError, `cause` when there is one, and `stack` when the level is debug; under another name `x` the
 * companions are `xRemedy`, `xCause` and `xStack`. They are flat because a log store that has seen `error` as text rejects it as an object.
 */
export function spellOut(fields: object, level: LogLevel): Record<string, unknown> {
  const named = fields instanceof Error ? { error: fields } : fields;
  const entries = Object.entries(named).flatMap(([key, value]): [string, unknown][] => {
    const name = fieldName(key);
    if (!(value instanceof Error)) return [[name, plain(value)]];
    const companion = (word: string) => (name === 'error' ? word.toLowerCase() : `${name}${word}`);
    return [
      [name, messageOf(value)],
      [companion('Remedy'), describeError(value).remedy],
      [companion('Cause'), causesOf(value)],
      [companion('Stack'), level === 'debug' ? value.stack : undefined],
    ];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** A name logfmt can carry, and never one of the three the line itself has: a JSON object with one name twice is read differently by each reader. */
function fieldName(key: string): string {
  const name = key.replace(/[\s="\\\p{C}]/gu, '_') || '_';
  return ['level', 'time', 'msg'].includes(name) ? `${name}_` : name;
}

/** An AggregateError (a connection refused on IPv4 and IPv6 alike) has no message of its own. */
function messageOf(error: Error): string {
  const parts = error instanceof AggregateError ? error.errors.map((part) => describeError(part).message) : [];
  return [describeError(error).message, ...parts].filter((text) => text !== '').join('; ') || error.name;
}

/** Messages down the chain of causes; a chain that bites its own tail ends after five. */
function causesOf(error: Error): string | undefined {
  const messages: string[] = [];
  for (let cause = error.cause; cause !== undefined && cause !== null && messages.length < 5; ) {
    messages.push(cause instanceof Error ? messageOf(cause) : String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return messages.length === 0 ? undefined : messages.join(': ');
}

/** The value as JSON has it, with what JSON would drop or refuse put in words. */
function plain(value: unknown): unknown {
  try {
    const json = JSON.stringify(value, (_key, inner: unknown) => {
      if (inner instanceof Error) return messageOf(inner);
      if (inner instanceof Map) return Object.fromEntries(inner);
      if (inner instanceof Set) return [...inner];
      return typeof inner === 'bigint' || (typeof inner === 'number' && !Number.isFinite(inner))
        ? String(inner)
        : inner;
    });
    return json === undefined ? undefined : JSON.parse(json);
  } catch (error) {
    return `(cannot be logged: ${describeError(error).message})`;
  }
}
