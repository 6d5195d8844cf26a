import { interfaceNames } from './netns/host-netns.ts';
import type { ProcTree } from './procfs/proc-fs.ts';

/** What shows, to any user, of how a node connects its pods. */
export type DatapathFacts = {
  /** Names of the interfaces of this namespace. */
  readonly interfaces: readonly string[];
  /** Virtual services of IPVS; undefined while it is not loaded. */
  readonly ipvsServices: number | undefined;
  /** Where BPF objects and control groups are mounted that a network plugin may have mounted. */
  readonly mounts: readonly string[];
};

export function readDatapathFacts(proc: ProcTree): DatapathFacts {
  return {
    interfaces: interfaceNames(readOrNothing(proc, 'net/dev') ?? ''),
    ipvsServices: ipvsServicesIn(readOrNothing(proc, 'net/ip_vs')),
    mounts: mountsIn(readOrNothing(proc, 'self/mounts') ?? readOrNothing(proc, 'mounts') ?? ''),
  };
}

/** What cannot be read shows nothing. */
function readOrNothing(proc: ProcTree, path: string): string | undefined {
  try {
    return proc.read(path);
  } catch {
    return undefined;
  }
}

/** net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show: three header lines, then a line for each service and one for each destination. */
function ipvsServicesIn(text: string | undefined): number | undefined {
  return text?.match(/^(TCP|UDP|SCTP|FWM) /gm)?.length ?? (text === undefined ? undefined : 0);
}

const TYPES: ReadonlySet<string> = new Set(['bpf', 'cgroup2']);

/** "source target type options": the targets of these types. */
function mountsIn(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, target, type] = line.split(' ');
    return target !== undefined && TYPES.has(type ?? '') ? [target] : [];
  });
}
