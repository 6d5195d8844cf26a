import type { Value } from './option-values.ts';

/** The fallback that is only known on the node. */
export const HOST_NAME = Symbol('the host name');

export type Option = {
  readonly flag: string;
  /** `list` may be given often, in its variable with commas; `switch` takes no value and has a `--no-` form. */
  readonly kind: 'single' | 'list' | 'switch';
  readonly value: Value<unknown>;
  /** Text as one would give it to the flag; undefined leaves a single value undefined and a list empty. */
  readonly fallback: string | typeof HOST_NAME | undefined;
  /** Somebody else's variable, read after ours. Empty counts as absent: the downward API may leave it so. */
  readonly variable?: string;
  /** A sentence without its period. */
  readonly help: string;
};
