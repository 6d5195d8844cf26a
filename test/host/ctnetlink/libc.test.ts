import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LIBC_NAMES, loadLibc } from '../../../src/host/ctnetlink/libc.ts';
import { OperatorError } from '../../../src/model/operator-error.ts';

function problemOf(action: () => unknown): OperatorError {
  try {
    action();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('Cannot compare: nothing was thrown');
}

describe('loadLibc()', () => {
  it('finds the libc this Node runs on', () => {
    expect(loadLibc().close(-1)).toBe(-1);
  });

  it('goes on to the next name when a libc is not there', () => {
    expect(loadLibc(['libc.no-such.so.1', ...LIBC_NAMES]).close(-1)).toBe(-1);
  });

  it('names every libc it tried and the way around it', () => {
    const problem = problemOf(() => loadLibc(['libc.no-such.so.1', 'libc.nor-this.so.2']));
    expect(problem.message).toMatch(/^Cannot load "libc": libc\.no-such\.so\.1: .+; libc\.nor-this\.so\.2: ./);
    expect(problem.remedy).toMatch(/--collector\.counters\.via=procfs$/);
    expect((problem.cause as AggregateError).errors).toHaveLength(2);
  });

  it('refuses a file that is no library', () => {
    expect(problemOf(() => loadLibc([fileURLToPath(import.meta.url)])).message).toMatch(
      /^Cannot load "libc": .*test\.ts: ./,
    );
  });

  it('says so when koffi is not installed', () => {
    const problem = problemOf(() => loadLibc(LIBC_NAMES, 'file:///nowhere/at-all.js'));
    expect(problem.message).toBe(`Cannot load "koffi": Cannot find module 'koffi'`);
    expect(problem.remedy).toMatch(/^Install .*--collector\.counters\.via=procfs$/);
  });

  it('brings koffi into the process, and nothing before it does', () => {
    expect(koffiMapsAfter('')).toBe('0');
    expect(koffiMapsAfter('loadLibc();')).toMatch(/^[1-9]/);
  });
});

/** In a process of its own: how many mappings name koffi once the counters are made and `code` has run. */
function koffiMapsAfter(code: string): string {
  const at = (path: string) => JSON.stringify(new URL(`../../../src/host/${path}`, import.meta.url).href);
  const script = `
    import { readFileSync } from 'node:fs';
    import { loadLibc } from ${at('ctnetlink/libc.ts')};
    import { CtnetlinkCounters } from ${at('ctnetlink/counters.ts')};
    new CtnetlinkCounters().close();
    ${code}
    process.stdout.write(String(readFileSync('/proc/self/maps', 'utf8').match(/koffi.*\\.node$/gm)?.length ?? 0));`;
  return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    encoding: 'utf8',
  });
}
