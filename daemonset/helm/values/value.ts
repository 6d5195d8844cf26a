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
/** The same with dots, or nothing: a Secret, an account, a priority class (RFC 1123 subdomain). */
export const DOTTED_NAME: Schema = {
  type: 'string',
  pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$',
  maxLength: 253,
};
export const SOME_DOTTED_NAME: Schema = { ...DOTTED_NAME, minLength: 1 };
/** A key of a Secret, or nothing. */
export const SECRET_KEY: Schema = {
  type: 'string',
  pattern: '^[-._a-zA-Z0-9]*$',
  maxLength: 253,
  not: { pattern: '^\\.\\.?$' },
};
/** A text without blanks and control characters, or nothing. */
export const WORD: Schema = { type: 'string', pattern: '^[!-~]*$' };
export const MAP: Schema = { type: 'object' };
export const TEXTS: Schema = { type: 'object', additionalProperties: TEXT };
const LABEL_KEY = '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';
export const ANNOTATIONS: Schema = { ...TEXTS, propertyNames: { pattern: LABEL_KEY } };
export const LABELS: Schema = {
  type: 'object',
  propertyNames: { pattern: LABEL_KEY },
  additionalProperties: { type: 'string', pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$' },
};
const QUANTITIES: Schema = {
  type: 'object',
  additionalProperties: {
    type: ['string', 'number'],
    minimum: 0,
    pattern: '^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$',
  },
};
export const RESOURCES: Schema = { type: 'object', properties: { limits: QUANTITIES, requests: QUANTITIES } };
export const LIST: Schema = { type: 'array', items: MAP };
/** The bounds are checked by the templates: no schema can add hours and minutes. */
export const DURATION: Schema = {
  type: 'string',
  pattern: '^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$',
  minLength: 2,
};
