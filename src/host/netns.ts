import { statSync } from 'node:fs';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { join } from 'node:path';
import { isAtLeast, readKernelRelease } from './node-facts.ts';
import type { ProcTree } from './proc-fs.ts';

/** Whether the table we read is the node's; `inHostNetns` is undefined where nothing can tell. */
export type NetnsCheck = { readonly inHostNetns: boolean | undefined; readonly why: string };

/** What shows, without privilege, whose network namespace this is. Undefined where a sign is not to be had. */
export type NetnsSigns = {
  readonly nodeIp: string | undefined;
  /** Whether the node's address is one of this namespace. */
  readonly hasNodeIp: boolean | undefined;
  /** Whether the node's PID 1 is in this namespace. */
  readonly sharesFirstProcess: boolean | undefined;
  /** Whether this is the first network namespace of the kernel, which is the node's unless the node is a container. */
  readonly isFirst: boolean | undefined;
};

/**
 * /proc/sys/net shows the reader's network namespace whatever is mounted, so an agent in a pod's namespace reads an
 * empty table and looks healthy for ever.
 */
export function readNetnsCheck(proc: ProcTree, nodeIp: string | undefined): NetnsCheck {
  try {
    return judgeNetns({
      nodeIp,
      hasNodeIp: nodeIp === undefined ? undefined : hasAddress(proc, nodeIp),
      sharesFirstProcess: sharesFirstProcess(proc),
      isFirst: isFirstNamespace(proc),
    });
  } catch (error) {
    return { inHostNetns: undefined, why: (error as Error).message };
  }
}

/**
 * Any sign for the node's namespace is enough. An address that is not here proves nothing by itself: it may be a floating one, behind
 * a 1:1 NAT, or patched in by a cloud controller. Nor does a namespace that is not the kernel's first: the node may be a container.
 */
export function judgeNetns({ nodeIp, hasNodeIp, sharesFirstProcess, isFirst }: NetnsSigns): NetnsCheck {
  if (hasNodeIp === true) return { inHostNetns: true, why: `the node's address ${nodeIp} is on a local interface` };
  const absent = hasNodeIp === false ? `the node's address ${nodeIp} is on no local interface` : undefined;
  const besides = absent === undefined ? '' : `; ${absent}, which proves nothing`;
  if (sharesFirstProcess === true)
    return { inHostNetns: true, why: `the node's PID 1 is in this network namespace${besides}` };
  if (isFirst === true) return { inHostNetns: true, why: `this is the kernel's first network namespace${besides}` };
  if (sharesFirstProcess === false)
    return {
      inHostNetns: false,
      why: `the node's PID 1 is in another network namespace${absent ? `; ${absent}` : ''}`,
    };
  if (isFirst === false && absent !== undefined)
    return { inHostNetns: false, why: `${absent}, and this is not the kernel's first network namespace` };
  return { inHostNetns: undefined, why: absent ?? "neither the node's address nor its PID 1 is known" };
}

/**
 * By the kernel's own lists, which hold the addresses of interfaces without carrier too. Undefined where this procfs has neither list,
 * as a copy may.
 */
function hasAddress(proc: ProcTree, nodeIp: string): boolean | undefined {
  const text = proc.read(isIPv4(nodeIp) ? 'net/fib_trie' : 'net/if_inet6');
  if (text === undefined) return undefined;
  return isIPv4(nodeIp) ? hasIPv4Address(text, nodeIp) : hasIPv6Address(text, nodeIp);
}

/** net/ipv4/fib_trie.c, fib_trie_seq_show: a leaf is a line `|-- 10.0.0.7`, then one for each route to it; `/32 host LOCAL` is an address of ours. */
export function hasIPv4Address(fibTrie: string, address: string): boolean {
  const leaf = `|-- ${address}\n`;
  for (let at = fibTrie.indexOf(leaf); at >= 0; at = fibTrie.indexOf(leaf, at + 1)) {
    if (/^(?:\s+\/\d.*\n)*?\s+\/32 host LOCAL\b/.test(fibTrie.slice(at + leaf.length, at + leaf.length + ROUTES_BYTES)))
      return true;
  }
  return false;
}

/** Enough for the routes to one address. */
const ROUTES_BYTES = 512;

/** net/ipv6/addrconf.c, if6_seq_show: the address in 32 hex digits begins each line. */
export function hasIPv6Address(ifInet6: string, address: string): boolean {
  const digits = hexOf(address);
  return ifInet6.split('\n').some((line) => line.startsWith(`${digits} `));
}

/** An IPv6 address as 32 hex digits. */
function hexOf(address: string): string {
  if (!isIPv6(address)) return address;
  const { address: canonical } = new SocketAddress({ address, family: 'ipv6' });
  const [head = '', tail] = canonical.replace(/%.*$/, '').split('::');
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':').flatMap(groups));
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join('');
}

/** A group, or the IPv4 address that an address may end with, as two. */
function groups(text: string): string[] {
  if (!text.includes('.')) return [text];
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)];
}

function sharesFirstProcess(proc: ProcTree): boolean | undefined {
  if (!showsNodeProcesses(proc)) return undefined;
  if (proc.isKernel()) return isSameNamespace(proc);
  const ours = proc.read('net/dev');
  const nodes = proc.read('1/net/dev');
  return ours === undefined || nodes === undefined ? undefined : interfaceNames(ours) === interfaceNames(nodes);
}

/** The kernel's PID 2 is kthreadd in the first PID namespace only: inside a container PID 1 proves nothing. */
export function showsNodeProcesses(proc: ProcTree): boolean {
  return !proc.isKernel() || proc.read('2/comm')?.trim() === 'kthreadd';
}

/** The inode of a proc entry is one namespace's own. Undefined where PID 1 is hidden. */
function isSameNamespace(proc: ProcTree): boolean | undefined {
  const inodeOf = (path: string) => statSync(join(proc.root, path), { throwIfNoEntry: false })?.ino;
  const [ours, nodes] = [inodeOf('net/dev'), inodeOf('1/net/dev')];
  return ours === undefined || nodes === undefined ? undefined : ours === nodes;
}

const WRITABLE = 0o200;

/**
 * Sysctls that hold for all namespaces can be written in the first alone, and their mode shows it to any user: nf_conntrack_max is 0444 in
 * the others since 5.13 (671c54ea8c7f), nf_conntrack_buckets since 4.7 (3183ab8997a4). Undefined where they are not there, of a copy, and where an
 * older kernel has the same mode everywhere.
 */
export function isFirstNamespace(proc: ProcTree): boolean | undefined {
  if (!proc.isKernel()) return undefined;
  const [max, buckets] = ['max', 'buckets'].map((name) => modeOf(proc, `sys/net/netfilter/nf_conntrack_${name}`));
  if (max === undefined || buckets === undefined) return undefined;
  if ((buckets & WRITABLE) !== 0) return true;
  const isTelling = (max & WRITABLE) === 0 || isAtLeast(readKernelRelease(proc), 4, 7);
  return isTelling ? false : undefined;
}

function modeOf(proc: ProcTree, path: string): number | undefined {
  return statSync(join(proc.root, path), { throwIfNoEntry: false })?.mode;
}

/** Sorted names out of net/dev, which has two header lines, then "  name: numbers". */
export function interfaceNames(text: string): string {
  const lines = text.split('\n').slice(2);
  const names = lines.flatMap((line) => (line.includes(':') ? [line.slice(0, line.indexOf(':')).trim()] : []));
  return names.sort().join(' ');
}
