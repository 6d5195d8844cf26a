export const SEVERITIES = ['critical', 'warning', 'ok'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** One setting that would help; `key` as sysctl takes it. */
export type Sysctl = { readonly key: string; readonly value: number };

/** One thing the node is told: what is so, by which numbers, what it means, and what to do. */
export type Advice = {
  /** Stable, for tests and runbooks. */
  readonly id: string;
  readonly severity: Severity;
  /** A sentence without its period. */
  readonly title: string;
  /** The numbers it rests on, one line each. */
  readonly seen: readonly string[];
  /** Empty where the title says it all. */
  readonly meaning: string;
  /** Orders one can carry out, most helpful first. */
  readonly remedy: readonly string[];
  readonly sysctls: readonly Sysctl[];
};
