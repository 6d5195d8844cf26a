/** A share of the table's flows. */
export type Share = {
  /** Flows of this kind among those read; the least it can be where a ranking is not exact. */
  readonly read: number;
  /** `read` as part of all that were read, 0 to 1; 0 for an empty table. */
  readonly share: number;
  /** 95 % interval of the share in the whole table. Both are the share itself when every flow was read and counted. */
  readonly low: number;
  readonly high: number;
  /** The share of the table's entries; undefined when their number is not known and not all were read. */
  readonly flows: number | undefined;
};
