import type { AlarmId } from '../../model/alarms.ts';

export const SEVERITIES = ['critical', 'warning', 'ok'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** One setting that would help; `key` as sysctl takes it. */
export type Sysctl = { readonly key: string; readonly value: number };

/** One finding about a node: what it is, the numbers behind it, what it means, and what to do. */
export type Advice = {
  /** Stable, for tests and runbooks. */
  readonly id: string;
  readonly severity: Severity;
  /** A sentence without its period. */
  readonly title: string;
  /** The numbers behind it, one line each. */
  readonly seen: readonly string[];
  /** Empty where the title suffices. */
  readonly meaning: string;
  /** Actions the reader can take, most helpful first. */
  readonly remedy: readonly string[];
  readonly sysctls: readonly Sysctl[];
  /** The alarm on the same condition, then those that it implies: none of them is reported again. */
  readonly alarms?: readonly AlarmId[];
};
