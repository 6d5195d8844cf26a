/** One value of the chart, and the kinds of schema that several have. */

/** JSON Schema, draft 7. */
export type Schema = { readonly [keyword: string]: unknown };

export type Value = {
  /** `image.tag`: where it is in values.yaml. */
  readonly name: string;
  /** What it is without being set; undefined where it is only shown as an example in a comment. */
  readonly fallback: unknown;
  readonly schema: Schema;
  /** What it is, and when to change it. Sentences, the last without its period. */
  readonly help: string;
};

export const BOOLEAN: Schema = { type: 'boolean' };
export const TEXT: Schema = { type: 'string' };
export const SOME_TEXT: Schema = { type: 'string', minLength: 1 };
/** A name of an object or a namespace (RFC 1123), or nothing. */
export const NAME: Schema = { type: 'string', pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$', maxLength: 63 };
export const MAP: Schema = { type: 'object' };
export const TEXTS: Schema = { type: 'object', additionalProperties: TEXT };
export const LIST: Schema = { type: 'array', items: MAP };
/** Whether it is within the bounds of its flag is left to the agent, which no schema can count for. */
export const DURATION: Schema = {
  type: 'string',
  pattern: '^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$',
  minLength: 2,
};
