import type { ProcTree } from './proc-tree.ts';

export type KernelRelease = { readonly major: number; readonly minor: number };

/** `sys/kernel/osrelease`, as in "5.15.0-91-generic"; undefined when it is not there or says something else. */
export function readKernelRelease(proc: ProcTree): KernelRelease | undefined {
  const match = /^(\d+)\.(\d+)/.exec(proc.read('sys/kernel/osrelease') ?? '');
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

export function isAtLeast(release: KernelRelease | undefined, major: number, minor: number): boolean {
  if (release === undefined) return false;
  return release.major > major || (release.major === major && release.minor >= minor);
}
