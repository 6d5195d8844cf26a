import { OperatorError } from '../model/operator-error.ts';
import type { KeptText } from './proc-tree.ts';

/** A kept file with one number in it. */
export type NumberFile = {
  readonly file: KeptText;
  /** Throws SyntaxError. */
  readonly parse: (text: string) => number;
};

/** The number as it is now; undefined when the file is not there. Throws OperatorError naming the file. */
export function readNumber({ file, parse }: NumberFile, nowMs: number): number | undefined {
  const text = file.read(nowMs);
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (cause) {
    throw new OperatorError(`Cannot parse "${file.path}": ${(cause as SyntaxError).message}`, {
      remedy: "Check that --path.procfs names the node's proc file system",
      cause,
    });
  }
}
