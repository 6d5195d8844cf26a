import { statSync } from 'node:fs';
import { isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { isAtLeast, readKernelRelease } from '../procfs/node-facts.ts';
import type { ProcTree } from '../procfs/proc-fs.ts';

/** Whether the table we read is the node's; `inHostNetns` is undefined where nothing can tell. */
export type NetnsCheck = { readonly inHostNetns: boolean | undefined; readonly why: string };

/**
 * /proc/sys/net shows the reader's network namespace whatever is mounted, so an agent in a pod's namespace reads an
 * empty table and looks healthy for ever. Each of three unprivileged signs can prove that this is the node's namespace: its
 * address on a local interface, the mode of settings that hold for all namespaces, and the node's PID 1. An address that is not found proves
 * nothing (1:1 NAT, floating IP), and a read-only limit is normal on a node that is a container: only both together deny it.
 */
export function readNetnsCheck(proc: ProcTree, nodeIp: string | undefined): NetnsCheck {
  try {
    return checkOf(proc, nodeIp);
  } catch (error) {
    return { inHostNetns: undefined, why: (error as Error).message };
  }
}

function checkOf(proc: ProcTree, nodeIp: string | undefined): NetnsCheck {
  const isFound = nodeIp === undefined ? undefined : hasAddress(proc, nodeIp);
  const address = `the node's address ${nodeIp} is ${isFound ? '' : 'not '}on a local interface`;
  if (isFound) return { inHostNetns: true, why: address };
  const isFirst = isFirstNetns(proc);
  if (isFirst)
    return { inHostNetns: true, why: 'nf_conntrack_buckets is writable, as in the first network namespace only' };
  const firstProcess = byFirstProcess(proc);
  if (firstProcess !== undefined) return firstProcess;
  if (isFound === undefined)
    return { inHostNetns: undefined, why: "neither the node's address nor its PID 1 is known" };
  const isForeign = isFirst === false;
  return isForeign
    ? { inHostNetns: false, why: `${address}, and nf_conntrack_buckets is read-only, as in a pod's namespace` }
    : { inHostNetns: undefined, why: `${address}, which proves nothing by itself` };
}

/** Whether an address is on an interface in any state: getifaddrs in libuv leaves out those without carrier. */
function hasAddress(proc: ProcTree, nodeIp: string): boolean {
  const running = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return running.some(({ address }) => sameAddress(address, nodeIp)) || isInAddressFiles(proc, nodeIp);
}

/** False where the files cannot be read or are too long: an address that is not found proves nothing. */
function isInAddressFiles(proc: ProcTree, nodeIp: string): boolean {
  try {
    return isIPv6(nodeIp)
      ? addressesOfIfInet6(proc.read('net/if_inet6') ?? '').some((address) => sameAddress(address, nodeIp))
      : addressesOfFibTrie(proc.read('net/fib_trie') ?? '').includes(nodeIp);
  } catch {
    return false;
  }
}

/** Local addresses: the leaves under which a line "/32 host LOCAL" stands (net/ipv4/fib_trie.c, fib_trie_seq_show). */
export function addressesOfFibTrie(text: string): readonly string[] {
  const addresses = new Set<string>();
  let leaf: string | undefined;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '|--') leaf = words[1];
    else if (words[0] === '+--') leaf = undefined;
    else if (words[0] === '/32' && words.includes('LOCAL') && leaf !== undefined) addresses.add(leaf);
  }
  return [...addresses];
}

/** The first word of each line: 32 hex digits (net/ipv6/addrconf.c, if6_seq_show). */
export function addressesOfIfInet6(text: string): readonly string[] {
  return Array.from(text.matchAll(/^([0-9a-f]{32}) /gim), ([, digits = '']) => digits.match(/.{4}/g)!.join(':'));
}

/**
 * Limit and buckets hold for every namespace, and only the first may write them; their mode shows it to any user
 * (net/netfilter/nf_conntrack_standalone.c). The buckets are 0644 in the first and 0444 in others since Linux 4.7, the limit since 5.12.2.
 * Undefined where that says nothing.
 */
function isFirstNetns(proc: ProcTree): boolean | undefined {
  const isReadOnly = readOnlySettings(proc);
  if (isReadOnly === undefined) return undefined;
  if (!isReadOnly.buckets) return true;
  return isReadOnly.limit || isAtLeast(readKernelRelease(proc), 4, 7) ? false : undefined;
}

const OWNER_MAY_WRITE = 0o200;

export type ReadOnlySettings = { readonly limit: boolean; readonly buckets: boolean };

/** Which settings not even root can change here. Undefined while the module is not loaded, and of a copy. */
export function readOnlySettings(proc: ProcTree): ReadOnlySettings | undefined {
  if (!proc.isKernel()) return undefined;
  const isReadOnly = (name: string) => {
    const mode = statSync(join(proc.root, 'sys/net/netfilter', name), { throwIfNoEntry: false })?.mode;
    return mode === undefined ? undefined : (mode & OWNER_MAY_WRITE) === 0;
  };
  const [limit, buckets] = [isReadOnly('nf_conntrack_max'), isReadOnly('nf_conntrack_buckets')];
  return limit === undefined || buckets === undefined ? undefined : { limit, buckets };
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
  const namesIn = (text: string) => interfaceNames(text).sort().join(' ');
  const inHostNetns = namesIn(ours) === namesIn(nodes) && (!proc.isKernel() || isSameNamespace(proc));
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

/** Out of net/dev, which has two header lines, then "  name: numbers". */
export function interfaceNames(text: string): string[] {
  const lines = text.split('\n').slice(2);
  return lines.flatMap((line) => (line.includes(':') ? [line.slice(0, line.lastIndexOf(':')).trim()] : []));
}
