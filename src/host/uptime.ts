import type { ProcFs } from './proc-fs.ts';

/** Seconds since boot; undefined when `uptime` is not there or says something else. */
export function readUptime(proc: ProcFs): number | undefined {
  const seconds = /^(\d+(?:\.\d+)?) /.exec(proc.read('uptime') ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
