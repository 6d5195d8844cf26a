import { setTimeout as sleep } from 'node:timers/promises';
import { flowCounting } from '../../analysis/flows/flow-counter.ts';
import { NewFlowCount } from '../../analysis/flows/new-flow-rate.ts';
import type { Config } from '../../config/options.ts';
import { FlowSampler } from '../../host/ctnetlink/flow-sampler.ts';
import { NewFlowWindow } from '../../host/ctnetlink/new-flow-events.ts';
import { expectProcfs } from '../../host/node-reader.ts';
import { readReusesTimeWait } from '../../host/procfs/node-facts.ts';
import { ProcFs } from '../../host/procfs/proc-fs.ts';
import { visibleJson, visibleLines } from '../../model/text/visible-text.ts';
import {
  type FlowsOptions,
  flowSampleView,
  netnsView,
  openersView,
  Redrawing,
  type TakeView,
  type View,
} from './views.ts';

const WATCH_MS = 2000;
/** Lines that are longer are hard to follow from end to end. */
const WIDEST = 100;

/**
 * Shows who fills the table, read by itself: needs no agent, and no network, so a full table does not matter.
 * @throws OperatorError when the flows cannot be listed, or the namespaces' entries cannot be read
 */
export async function flows(config: Config, options: FlowsOptions): Promise<void> {
  const { nodeName: node, procRoot, by, whatIf, flowsTop: top } = config;
  const { clock, wallClock } = options;
  const proc = new ProcFs(procRoot);
  expectProcfs(proc);
  if (by === 'netns') return show(netnsView(proc, { node, top, clock, wallClock }), config, options);
  if (by === 'opener') {
    const window = new NewFlowWindow({ proc, clock, counting: (seed) => new NewFlowCount({ top, seed }) });
    return show(openersView(window, { node, clock, wallClock }), config, options);
  }
  const reusesTimeWait = readReusesTimeWait(proc);
  const sampler = new FlowSampler({
    proc,
    clock,
    sampleSize: config.sampleSize,
    counting: (seed) => flowCounting({ top, seed, asked: whatIf?.size ? whatIf : undefined, reusesTimeWait }),
  });
  try {
    await show(flowSampleView(sampler, { node, by, whatIf, clock, wallClock }), config, options);
  } finally {
    sampler.close();
  }
}

/** Once, or again and again until the signal comes. */
export async function show(
  takeView: TakeView,
  { watch, json }: Pick<Config, 'watch' | 'json'>,
  { terminal, signal }: Pick<FlowsOptions, 'terminal' | 'signal'>,
): Promise<void> {
  const screen = new Redrawing(terminal);
  const print = (view: View) => {
    if (json) return terminal.write(jsonText(view.json(), watch));
    const text = visibleLines(view.text(Math.min(WIDEST, terminal.columns)));
    if (watch) screen.show(text);
    else terminal.write(`${text}\n`);
  };
  try {
    print(await takeView(signal));
    while (watch) {
      await sleep(WATCH_MS, undefined, { signal });
      print(await takeView(signal));
    }
  } catch (problem) {
    if (!signal.aborted) throw problem;
  } finally {
    screen.end();
  }
}

/** A line for each of many, which is what programs take a stream of JSON in. */
function jsonText(value: unknown, isOneOfMany: boolean): string {
  return `${visibleJson(JSON.stringify(value, undefined, isOneOfMany ? 0 : 2))}\n`;
}
