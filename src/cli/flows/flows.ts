import { setTimeout as sleep } from 'node:timers/promises';
import { ProcFs } from '../../host/proc-fs.ts';
import type { TakenCensus } from '../../judge/census/taken-census.ts';
import { censusJson } from '../census/json.ts';
import { CensusTaker, type Taker } from '../census/taker.ts';
import { expectProcfs } from '../counters-source.ts';
import type { Config } from '../settings/options.ts';
import { Redrawing, type Terminal } from './terminal.ts';
import { flowsText } from './text.ts';

const WATCH_MS = 2000;
/** Lines that are longer are hard to follow from end to end. */
const WIDEST = 100;

export type FlowsOptions = {
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly terminal: Terminal;
  /** Ends `--watch`. */
  readonly signal: AbortSignal;
};

/**
 * Shows who fills the table, from a census of its own: needs no agent, and no network, so a full table does not matter.
 * @throws OperatorError when the flows cannot be listed
 */
export async function flows(config: Config, options: FlowsOptions): Promise<void> {
  const proc = new ProcFs(config.procRoot);
  expectProcfs(proc);
  const taker = new CensusTaker({ proc, clock: options.clock, settings: config });
  try {
    await showFlows(taker, config, options);
  } finally {
    taker.close();
  }
}

/** Once, or again and again until the signal comes. */
export async function showFlows(
  taker: Taker,
  config: Pick<Config, 'nodeName' | 'by' | 'watch' | 'json'>,
  { clock, wallClock, terminal, signal }: FlowsOptions,
): Promise<void> {
  const { nodeName: node, by, watch, json } = config;
  const screen = new Redrawing(terminal);
  const print = (taken: TakenCensus) => {
    const ageSeconds = (clock() - taken.endedMs) / 1000;
    if (json) terminal.write(jsonText(censusJson({ node, taken, wallMs: wallClock(), ageSeconds, by }), watch));
    else {
      const text = flowsText({ node, taken, by, width: Math.min(WIDEST, terminal.columns) });
      if (watch) screen.show(text);
      else terminal.write(`${text}\n`);
    }
  };
  try {
    print(await taker.take(signal));
    while (watch) {
      await sleep(WATCH_MS, undefined, { signal });
      print(await taker.take(signal));
    }
  } catch (problem) {
    if (!signal.aborted) throw problem;
  } finally {
    screen.end();
  }
}

/** A line for each of many, which is what programs take a stream of JSON in. */
function jsonText(value: unknown, isOneOfMany: boolean): string {
  return `${JSON.stringify(value, undefined, isOneOfMany ? 0 : 2)}\n`;
}
