import type { Thresholds } from '../../model/alarms/thresholds.ts';
import { isModuleLoaded, VITAL_SOURCES } from '../../model/reading.ts';

export type NoDataFacts = {
  /** False: the table is another namespace's; undefined where it cannot be found out. */
  readonly inHostNetns: boolean | undefined;
  readonly sources: readonly { readonly source: string; readonly up: boolean; readonly problem?: unknown }[];
  /** Highest of the trailing window; undefined before the first sample. */
  readonly sampleLagMs: number | undefined;
  /** Milliseconds since the next sample was due; below 0 before that. */
  readonly silentMs: number;
};

/**
 * Why the agent's numbers are not the state of the node's table, in a few words each. Counters that were never there are no
 * reason (stock Ubuntu and Azure Linux kernels have none), only counters that were lost; a module that is not loaded is none.
 */
export class NoData {
  #hadCounters = false;

  reasons({ inHostNetns, sources, sampleLagMs = 0, silentMs }: NoDataFacts, thresholds: Thresholds): string[] {
    const isUp = (name: string) => sources.some(({ source, up }) => source === name && up);
    const isLoaded = isModuleLoaded(sources);
    this.#hadCounters ||= isUp('counters');
    const isLate = Math.max(sampleLagMs, silentMs) > thresholds.sampleLagMs;
    return [
      ...(inHostNetns === false ? ['wrong network namespace'] : []),
      ...(isLoaded ? VITAL_SOURCES.filter((name) => !isUp(name)).map((name) => `the ${name} cannot be read`) : []),
      ...(isLoaded && this.#hadCounters && !isUp('counters') ? ['the counters cannot be read any more'] : []),
      ...(isLate ? ['samples are late'] : []),
    ];
  }
}
