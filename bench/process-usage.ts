/** What the kernel says a process has used. */
import { readFileSync } from 'node:fs';

/** USER_HZ, the unit of /proc/PID/stat on every Linux. */
const TICKS_PER_SECOND = 100;

/** CPU seconds, user and system, all threads; in steps of 10 ms. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`Cannot read the memory of process ${pid}: it has no VmRSS`);
  return Number(kilobytes) * 1024;
}
