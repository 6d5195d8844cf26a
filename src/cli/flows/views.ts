import type { FlowSampleTaker } from '../../host/ctnetlink/flow-sampler.ts';
import type { NewFlowWindow } from '../../host/ctnetlink/new-flow-events.ts';
import { NetnsScanner } from '../../host/netns/netns-scan.ts';
import { NodeReader } from '../../host/node-reader.ts';
import type { ProcFs } from '../../host/procfs/proc-fs.ts';
import type { RankingName } from '../../model/flows.ts';
import { flowSampleJson } from '../../web/routes/api-routes.ts';
import { type AskedTimeouts, expectTimeouts, flowSampleText, openersJson, openersText } from './flow-sample-text.ts';
import { netnsJson, netnsText } from './netns-text.ts';

export type FlowsOptions = {
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly terminal: Terminal;
  /** Ends `--watch`. */
  readonly signal: AbortSignal;
};

/** What was seen, made into words for columns so many, or into JSON. */
export type View = { text(width: number): string; json(): unknown };

/** Reads the node once. */
export type TakeView = (signal: AbortSignal) => Promise<View>;

type FlowSampleViewParts = Pick<FlowsOptions, 'clock' | 'wallClock'> & {
  readonly node: string;
  readonly by?: RankingName | undefined;
  readonly whatIf?: AskedTimeouts | undefined;
};

/** Views of a flow sample, each newly taken. */
export function flowSampleView(
  sampler: FlowSampleTaker,
  { node, by, whatIf, clock, wallClock }: FlowSampleViewParts,
): TakeView {
  return async function takeView(signal) {
    const taken = await sampler.take(signal);
    if (whatIf !== undefined) expectTimeouts(whatIf, taken.flowSample);
    return {
      text: (width) => flowSampleText({ node, taken, by, whatIf, width }),
      json: () =>
        flowSampleJson({ node, taken, by, wallMs: wallClock(), ageSeconds: (clock() - taken.endedMs) / 1000 }),
    };
  };
}

/** Long enough for a margin of 6 % at a thousand new flows a second. */
const OPENERS_MS = 1000;

/** Views of the new flows of a second, each newly counted. */
export function openersView(
  window: Pick<NewFlowWindow, 'listen'>,
  { node, clock, wallClock }: Omit<FlowSampleViewParts, 'by' | 'whatIf'>,
): TakeView {
  return async function takeView(signal) {
    const counted = await window.listen(OPENERS_MS, signal);
    return {
      text: (width) => openersText({ node, newFlows: counted.newFlows }, width),
      json: () => openersJson({ node, counted, wallMs: wallClock(), nowMs: clock() }),
    };
  };
}

type NetnsViewParts = Pick<FlowsOptions, 'clock' | 'wallClock'> & {
  readonly node: string;
  /** Namespaces listed. */
  readonly top: number;
};

/** Views of the entries of each network namespace; takes no capability. */
export function netnsView(proc: ProcFs, { node, top, clock, wallClock }: NetnsViewParts): TakeView {
  const scanner = new NetnsScanner(proc);
  return async function takeView() {
    const reader = new NodeReader({ proc, clock });
    const { limit } = reader.sample();
    reader.close();
    const scan = await scanner.scan(top);
    return {
      text: (width) => netnsText({ node, scan, limit, width }),
      json: () => netnsJson({ node, scan, limit, wallMs: wallClock() }),
    };
  };
}

/** A terminal or whatever stands in for one: where text goes, and its size. */
export type Terminal = {
  write(text: string): void;
  /** Whether it can be drawn on again; a file or a pipe gets one text after the other. */
  readonly isInteractive: boolean;
  readonly columns: number;
  readonly rows: number;
};

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_LINE_AHEAD = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/**
 * Shows one text in the place of the one before. Each line is written over and then cleared to its end, in one write: a
 * screen that is cleared first flickers.
 */
export class Redrawing {
  readonly #terminal: Terminal;
  #linesAbove = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Lines that do not fit on the screen are left out, for what has scrolled away cannot be written over. */
  show(text: string): void {
    const { isInteractive, columns, rows } = this.#terminal;
    const lines = text.trimEnd().split('\n');
    if (!isInteractive) {
      this.#terminal.write(`${lines.join('\n')}\n\n`);
      return;
    }
    const fitting = lines.slice(0, Math.max(1, rows - 1)).map((line) => line.slice(0, Math.max(1, columns)));
    const up = this.#linesAbove === 0 ? HIDE_CURSOR : `\x1b[${this.#linesAbove}A\r`;
    this.#terminal.write(`${up}${fitting.map((line) => `${line}${CLEAR_LINE_AHEAD}\n`).join('')}${CLEAR_BELOW}`);
    this.#linesAbove = fitting.length;
  }

  /** Leaves the last text on the screen, without the ^C that the terminal wrote below it, and gives the cursor back. */
  end(): void {
    if (this.#linesAbove > 0) this.#terminal.write(`\r${CLEAR_LINE_AHEAD}${SHOW_CURSOR}`);
    this.#linesAbove = 0;
  }
}
