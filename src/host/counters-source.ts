/** Where the counters are read, for all commands alike. */

import { OperatorError } from '../model/operator-error.ts';
import { hasNetAdmin } from './capabilities.ts';
import type { CounterSource } from './counters.ts';
import { CtnetlinkCounters } from './ctnetlink-counters.ts';
import type { NodeReaderOptions } from './node-reader.ts';
import type { ProcFs } from './proc-fs.ts';

/** Called when something cannot be used and the command goes on without it. */
export type Warn = (text: string, error: unknown) => void;

export type CounterSettings = {
  readonly collectCounters: boolean;
  readonly countersVia: 'auto' | 'ctnetlink' | 'procfs';
};

/**
 * The counter options of NodeReader. A copied procfs is one node's, ctnetlink another's: the two are never mixed.
 * @throws OperatorError where ctnetlink was asked for and would be mixed
 */
export function countersOf(
  { collectCounters, countersVia }: CounterSettings,
  proc: ProcFs,
  warn: Warn,
): Pick<NodeReaderOptions, 'counters'> {
  if (!collectCounters) return {};
  if (countersVia === 'procfs') return { counters: { fallBack: true } };
  if (countersVia === 'ctnetlink' && !proc.isKernel()) {
    throw new OperatorError(`Cannot read counters by ctnetlink beside "${proc.root}": it is not the kernel's procfs`, {
      remedy: 'Leave out --path.procfs, or use --collector.counters.via=procfs',
    });
  }
  const mayAsk = countersVia === 'ctnetlink' || (proc.isKernel() && mayBeAdmin(warn));
  const ctnetlink: CounterSource | undefined = mayAsk ? new CtnetlinkCounters() : undefined;
  return { counters: { fallBack: countersVia === 'auto', ...(ctnetlink && { ctnetlink }) } };
}

/** Whether ctnetlink would answer this process; false, with a warning, where that is not known. */
export function mayBeAdmin(warn: Warn): boolean {
  try {
    return hasNetAdmin();
  } catch (error) {
    warn('counters come from procfs: whether ctnetlink may be asked is not known', error);
    return false;
  }
}

/** @throws OperatorError where there is no procfs at all */
export function expectProcfs(proc: ProcFs): void {
  if (proc.isThere()) return;
  throw new OperatorError(`Cannot read "${proc.root}": there is no such folder`, {
    remedy: "Point --path.procfs at the node's proc file system",
  });
}
