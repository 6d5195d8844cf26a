import { statSync } from 'node:fs';
import { isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { ProcTree } from './proc-fs.ts';

/** Whether the table we read is the node's; `inHostNetns` is undefined where nothing can tell. */
export type NetnsCheck = { readonly inHostNetns: boolean | undefined; readonly why: string };

/**
 * /proc/sys/net shows the reader's network namespace whatever is mounted, so an agent in a pod's namespace reads an
 * empty table and looks healthy for ever. Two unprivileged checks: the node's address must be on a local interface;
 * and where this procfs shows the node's PID 1, that process must share our namespace. The first decides where it can.
 */
export function readNetnsCheck(proc: ProcTree, nodeIp: string | undefined): NetnsCheck {
  try {
    if (nodeIp !== undefined) return byAddress(nodeIp); // Takes a descriptor (getifaddrs), and none may be left.
    return byFirstProcess(proc) ?? { inHostNetns: undefined, why: "neither the node's address nor its PID 1 is known" };
  } catch (error) {
    return { inHostNetns: undefined, why: (error as Error).message };
  }
}

function byAddress(nodeIp: string): NetnsCheck {
  const local = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const inHostNetns = local.some(({ address }) => sameAddress(address, nodeIp));
  return { inHostNetns, why: `the node's address ${nodeIp} is ${inHostNetns ? '' : 'not '}on a local interface` };
}

function sameAddress(a: string, b: string): boolean {
  if (!isIPv6(a) || !isIPv6(b)) return a === b;
  const canonical = (address: string) => new SocketAddress({ address, family: 'ipv6' }).address;
  return canonical(a) === canonical(b);
}

function byFirstProcess(proc: ProcTree): NetnsCheck | undefined {
  if (!showsNodeProcesses(proc)) return undefined;
  const ours = proc.read('net/dev');
  const nodes = proc.read('1/net/dev');
  if (ours === undefined || nodes === undefined) return undefined;
  const inHostNetns = interfaceNames(ours) === interfaceNames(nodes) && (!proc.isKernel() || isSameNamespace(proc));
  return { inHostNetns, why: `the node's PID 1 is in ${inHostNetns ? 'this' : 'another'} network namespace` };
}

/** The kernel's PID 2 is kthreadd in the first PID namespace only: inside a container PID 1 proves nothing. */
export function showsNodeProcesses(proc: ProcTree): boolean {
  return !proc.isKernel() || proc.read('2/comm')?.trim() === 'kthreadd';
}

/** Two nodes' worth of namespaces may have the same interface names; the inode of a proc entry is one namespace's own. */
function isSameNamespace(proc: ProcTree): boolean {
  const inodeOf = (path: string) => statSync(join(proc.root, path)).ino;
  return inodeOf('net/dev') === inodeOf('1/net/dev');
}

/** Sorted names out of net/dev, which has two header lines, then "  name: numbers". */
export function interfaceNames(text: string): string {
  const lines = text.split('\n').slice(2);
  const names = lines.flatMap((line) => (line.includes(':') ? [line.slice(0, line.indexOf(':')).trim()] : []));
  return names.sort().join(' ');
}
