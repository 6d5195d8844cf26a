import { OperatorError } from '../../model/operator-error.ts';
import { BYTES_MAX, readRegularFile } from '../../system/regular-file.ts';
import type { ProcFs, ProcTree } from './proc-fs.ts';

type KernelRelease = { readonly major: number; readonly minor: number };

/** `sys/kernel/osrelease`, as in "5.15.0-91-generic"; undefined when it is not there or says something else. */
export function readKernelRelease(proc: ProcTree): KernelRelease | undefined {
  const match = /^(\d+)\.(\d+)/.exec(proc.read('sys/kernel/osrelease') ?? '');
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

export function isAtLeast(release: KernelRelease | undefined, major: number, minor: number): boolean {
  if (release === undefined) return false;
  return release.major > major || (release.major === major && release.minor >= minor);
}

/**
 * Whether the kernel adds insert failures to `drop` too: since 4.7 (71d8c47fc653), and in RHEL 7, whose 3.10 has that
 * commit (seen in 3.10.0-1160). True where the kernel is not known.
 */
export function readDropHasInsertFailures(proc: ProcTree): boolean {
  const release = readKernelRelease(proc);
  return release === undefined || isAtLeast(release, 4, 7) || isRhel7(proc);
}

function isRhel7(proc: ProcTree): boolean {
  return /\.el7\b/.test(proc.read('sys/kernel/osrelease') ?? '');
}

/** See SnatPortsOptions: the last tries for a TCP port take over one in TIME_WAIT since 6.5 (nf_nat_core.c, nf_nat_used_tuple_harder). */
export function readReusesTimeWait(proc: ProcTree): boolean {
  return isAtLeast(readKernelRelease(proc), 6, 5);
}

/** CPUs that are online, as `stat` lists them (fs/proc/stat.c, show_stat); undefined when it is not there or lists none. */
export function readCpuCount(proc: ProcFs): number | undefined {
  const cpus = (proc.read('stat') ?? '').match(/^cpu\d+ /gm);
  return cpus === null ? undefined : cpus.length;
}

/** Seconds since boot; undefined when `uptime` is not there or says something else. */
export function readUptime(proc: ProcFs): number | undefined {
  const seconds = /^(\d+(?:\.\d+)?) /.exec(proc.read('uptime') ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

/** Bytes. `availableBytes` is what could be had without swapping. */
export type Memory = { readonly totalBytes: number; readonly availableBytes: number };

/** The machine's memory (/proc/meminfo by way of systeminformation, whose `mem` reads files and starts no process). */
export async function readMemory(): Promise<Memory> {
  const { default: systemMemory } = await import('systeminformation/lib/memory.js');
  const { total, available } = await systemMemory.mem();
  if (!(total > 0)) {
    throw new OperatorError('Cannot read the size of the memory from "/proc/meminfo": it names no total', {
      remedy: 'Check that /proc is mounted; sizing advice stays out until then',
    });
  }
  return { totalBytes: total, availableBytes: available };
}

const KIB = 1024;

/**
 * Memory of the node whose procfs this is, be it a copy, where systeminformation would tell this machine's. Undefined
 * without `meminfo`, and before Linux 3.14, which has no MemAvailable.
 */
export function readMeminfo(proc: ProcTree): Memory | undefined {
  const text = proc.read('meminfo') ?? '';
  const bytesOf = (name: string) => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
    return match === null ? undefined : Number(match[1]) * KIB;
  };
  const [totalBytes, availableBytes] = [bytesOf('MemTotal'), bytesOf('MemAvailable')];
  return totalBytes === undefined || availableBytes === undefined ? undefined : { totalBytes, availableBytes };
}

/** Bit number of include/uapi/linux/capability.h. */
const CAP_NET_ADMIN = 12n;

/** The agent's own, so never the procfs of --path.procfs. */
const OWN_STATUS = '/proc/self/status';

/** Whether a process of this status, by default our own, may ask ctnetlink: tells without loading koffi or opening a socket. */
export function hasNetAdmin(status: string = readOwnStatus()): boolean {
  return ((parseEffectiveCapabilities(status) >> CAP_NET_ADMIN) & 1n) === 1n;
}

function readOwnStatus(): string {
  try {
    return readRegularFile(OWN_STATUS, BYTES_MAX.procfs).toString('latin1');
  } catch (cause) {
    throw new OperatorError(`Cannot read "${OWN_STATUS}": ${cause instanceof Error ? cause.message : cause}`, {
      remedy: 'Mount a procfs at /proc, or use --collector.counters.via=procfs',
      cause,
    });
  }
}

/**
 * The effective set of /proc/PID/status (fs/proc/array.c, task_cap), bit n for capability n.
 * @throws SyntaxError where the text has no such set
 */
export function parseEffectiveCapabilities(status: string): bigint {
  const hex = /^CapEff:[ \t]*([0-9a-f]{1,16})$/m.exec(status)?.[1];
  if (hex === undefined) throw new SyntaxError(`Cannot parse "${OWN_STATUS}": no CapEff of hexadecimal digits in it`);
  return BigInt(`0x${hex}`);
}
