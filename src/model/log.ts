/** Levels and formats of the log; the writer is src/agent/log.ts. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'logfmt'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

type LogLine = (fields: object, message: string) => void;

/** Fields may hold Errors, best under the name `error`; src/agent/log.ts says what becomes of them. */
export type Log = { readonly [L in LogLevel]: LogLine };
