import type { Log, LogLevel } from '../../src/model/log.ts';

export type LogLine = { readonly level: LogLevel; readonly fields: object; readonly message: string };

/** A log that keeps its lines. */
export function collectedLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLevel) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}
