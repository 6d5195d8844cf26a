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
