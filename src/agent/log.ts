/**
 * The log: one line per event on stderr, as JSON or logfmt. A line that cannot be written at once is lost and counted, since
 * waiting for a reader would stop the sampler.
 */
import { writeSync } from 'node:fs';
import { LOG_LEVELS, type Log, type LogFormat, type LogLevel } from '../model/log.ts';
import { describeError } from '../model/operator-error.ts';
import { visibleJson } from '../model/text/visible-text.ts';

/** Longest line in bytes, newline included. Container runtimes split lines at 16 kB and a split JSON line is lost. */
export const MAX_LINE_BYTES = 8192;

/** Characters left of each value, tried in turn until the line fits. */
const CLIPS = [Infinity, 2000, 200, 50];

export type LogOptions = {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Wall clock, milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Takes one line with its newline and may throw: the line is then lost and the next one carries `linesLost`. */
  readonly write: (line: string) => void;
};

export function createLog({ level, format, wallClock, write }: LogOptions): Log {
  let linesLost = 0;

  function log(at: LogLevel, fields: object, message: string): void {
    if (LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)) return;
    const plain = plainFields(fields, level);
    const line: Line = {
      level: at,
      time: new Date(wallClock()).toISOString(),
      fields: linesLost === 0 ? plain : { linesLost, ...plain },
      message,
    };
    try {
      write(cappedText(line, format));
      linesLost = 0;
    } catch {
      linesLost += 1; // There is nowhere left to say why: stderr is closed, or its disk is full.
    }
  }
  return {
    debug: (fields, message) => log('debug', fields, message),
    info: (fields, message) => log('info', fields, message),
    warn: (fields, message) => log('warn', fields, message),
    error: (fields, message) => log('error', fields, message),
  };
}

/** Writes whole lines to a descriptor and throws what the system says, also EAGAIN: waiting for a reader would stop the sampler. */
export function writerTo(fd: number): (line: string) => void {
  let torn = false;
  return function write(line) {
    const bytes = Buffer.from(torn ? `\n${line}` : line);
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(fd, bytes, at);
    } finally {
      // A pipe with little room takes half a line; the next one must not be glued to it.
      torn = at < bytes.length && (torn || at > 0);
    }
  };
}

type Line = {
  readonly level: LogLevel;
  readonly time: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
};

/** The line with its values clipped until it is short enough; without its fields where even that does not help. */
function cappedText(line: Line, format: LogFormat): string {
  const { fields, message } = line;
  for (const longest of CLIPS) {
    const clipped = { ...line, fields: clipEach(fields, longest), message: clip(message, longest) };
    const text = lineText(clipped, format);
    if (Buffer.byteLength(text) <= MAX_LINE_BYTES) return text;
  }
  const fieldsOmitted = Object.keys(fields).length;
  return lineText({ ...line, fields: { fieldsOmitted }, message: clip(message, CLIPS.at(-1)!) }, format);
}

/** Pairs and not an object: a field named "4" would come before all others. */
function lineText({ level, time, fields, message }: Line, format: LogFormat): string {
  const others = Object.entries(fields);
  const text =
    format === 'json'
      ? jsonText([['level', level], ['time', time], ...others, ['msg', message]])
      : logfmtText([['time', time], ['level', level], ['msg', message], ...others]);
  return visibleJson(`${text}\n`);
}

type Pair = readonly [name: string, value: unknown];

function jsonText(pairs: readonly Pair[]): string {
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

function logfmtText(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${name}=${logfmtValue(value)}`).join(' ');
}

/** Quoted where github.com/go-logfmt/logfmt (Prometheus, Loki) would quote; JSON's escapes are the ones its decoder reads. */
function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' || /[\s="\\\p{C}\p{Default_Ignorable_Code_Point}]/u.test(text) ? JSON.stringify(text) : text;
}

function clipEach(fields: Record<string, unknown>, longest: number): Record<string, unknown> {
  const entries = Object.entries(fields).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return [key, text.length <= longest ? value : clip(text, longest)];
  });
  return Object.fromEntries(entries);
}

function clip(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}... (${text.length} characters)`;
}

/**
 * The fields as both formats print them. An Error under `error` becomes `error` (its message), `remedy` when it is an
 * OperatorError, `cause` when there is one, and `stack` when the level is debug; under another name `x` the
 * companions are `xRemedy`, `xCause` and `xStack`. They are flat because a log store that has seen `error` as text rejects it as an object.
 */
function plainFields(fields: object, level: LogLevel): Record<string, unknown> {
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
