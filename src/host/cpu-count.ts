import type { ProcFs } from './proc-fs.ts';

/** CPUs that are online, as `stat` lists them (fs/proc/stat.c, show_stat); undefined when it is not there or lists none. */
export function readCpuCount(proc: ProcFs): number | undefined {
  const cpus = (proc.read('stat') ?? '').match(/^cpu\d+ /gm);
  return cpus === null ? undefined : cpus.length;
}
