/** What the programs of this folder do at a terminal. */
import { describeError } from '../src/model/operator-error.ts';

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Resolves at Ctrl-C. */
export function interruption(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve());
  });
}

/** Runs it, and says what went wrong and what to do; exit 1. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const { message, remedy } = describeError(error);
    process.stderr.write(`${[message, remedy].filter((line) => line !== undefined).join('\n')}\n`);
    process.exitCode = 1;
  }
}
