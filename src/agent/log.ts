/** One line per event on stderr, as JSON or logfmt. A line that cannot be written is given up: the agent comes first. */
import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { LOG_LEVELS, type Log, type LogFormat, type LogLevel } from '../model/log.ts';
import { visibleJson } from '../model/visible-text.ts';
import { spellOut } from './log-fields.ts';
import { toLogfmt } from './logfmt.ts';

/** Longest line in bytes, newline included. Container runtimes split lines at 16 kB and a split JSON line is lost. */
export const MAX_LINE_BYTES = 8192;

/** Characters left of each value, tried in turn until the line fits. */
const CLIPS = [Infinity, 2000, 200, 50];

/** `write` takes one line with its newline and may throw: the line is then lost and the next one carries `linesLost`. */
export function createLog({
  level,
  format,
  write,
}: {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly write: (line: string) => void;
}): Log {
  const render = createRenderer(level, format);
  let linesLost = 0;

  function log(at: LogLevel, fields: object, message: string): void {
    if (LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)) return;
    const all = linesLost === 0 ? spellOut(fields, level) : { linesLost, ...spellOut(fields, level) };
    const line = render(at, all, message);
    try {
      write(line);
      linesLost = 0;
    } catch {
      linesLost++; // There is nowhere left to say why: stderr is closed, or its disk is full.
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

function createRenderer(level: LogLevel, format: LogFormat) {
  let line = '';
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(text: string) {
        line = text;
      },
    },
  );

  return function render(at: LogLevel, fields: Record<string, unknown>, message: string): string {
    for (const longest of CLIPS) {
      logger[at](clipEach(fields, longest), clip(message, longest));
      const text = visibleJson(format === 'json' ? line : toLogfmt(line));
      if (Buffer.byteLength(text) <= MAX_LINE_BYTES) return text;
    }
    logger[at]({ fieldsOmitted: Object.keys(fields).length }, clip(message, CLIPS.at(-1)!));
    return visibleJson(format === 'json' ? line : toLogfmt(line));
  };
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
