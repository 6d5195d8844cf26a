import type { Via } from '../model/reading.ts';
import { entriesOf } from './conntrack-stat.ts';
import type { NumberFile } from './number-file.ts';
import { ProcFs } from './proc-fs.ts';
import type { ProcTree } from './proc-tree.ts';
import { parseSysctl } from './sysctl.ts';

type TableFile = NumberFile & { readonly via: Via };

export type TableFiles = { readonly entries: TableFile; readonly limit: TableFile; readonly buckets: TableFile };

const FOLDER = 'sys/net/netfilter';

/**
 * Where a procfs tells of its table. Of the folder of one process (/proc/PID), whose `net` is that process's namespace, there is
 * no `sys`: the count then stands in the counters' file, and limit and buckets, one number for all namespaces of the kernel, are
 * as our own procfs has them.
 */
export function tableFilesOf(proc: ProcTree): TableFiles {
  const isProcess = proc.isKernel() && proc.list('sys').length === 0;
  const shared = isProcess ? new ProcFs('/proc') : proc;
  return {
    entries: isProcess
      ? { file: proc.keep('net/stat/nf_conntrack'), via: 'procfs', parse: entriesOf }
      : sysctl(proc, 'nf_conntrack_count'),
    limit: sysctl(shared, 'nf_conntrack_max'),
    buckets: sysctl(shared, 'nf_conntrack_buckets'),
  };
}

function sysctl(proc: ProcTree, name: string): TableFile {
  return { file: proc.keep(`${FOLDER}/${name}`), via: 'sysctl', parse: parseSysctl };
}
