/** The one-node cluster that stands beside the checkout: real API server, real kubelet, in a network namespace of its own. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, run } from '../../simulator/child.ts';
import type { Place } from '../kernel/lab/namespaces.ts';
import { has } from '../needs.ts';

const TOOL = fileURLToPath(new URL('../../../shared/cluster/cluster', import.meta.url));
export const HOME =
  process.env['CLUSTER_HOME'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kube-node');

/** The node in its namespace, and its neighbour, where nothing is tracked; 10.98.0.0/16 is local to the node. */
export const NODE = '10.99.0.1';
export const PEER = '10.99.0.2';

const NAMESPACE_OF = { node: 'kube-node', peer: 'kube-peer' } as const;

/** Programs that build the images and run in the tests. */
const CLUSTER_PROGRAMS = ['kubectl', 'podman', 'buildah', 'debootstrap', 'ip', 'nft', 'conntrack'] as const;

/** Why no cluster can be had; undefined when it can. */
export function clusterMissing(): string | undefined {
  const programs = CLUSTER_PROGRAMS.filter((program) => !has(program));
  if (programs.length > 0) return `needs ${programs.join(', ')}`;
  if (!existsSync(TOOL)) return `no cluster tool at "${TOOL}"`;
  return existsSync(join(HOME, 'pause.tar')) ? undefined : `the cluster is not built; run: ${TOOL} build`;
}

export function cluster(...args: string[]): Promise<string> {
  return run(TOOL, args, { timeoutMs: 240_000 });
}

export const kubectl = (...args: string[]) => cluster('kubectl', ...args);

/** One that may end with another code than 0. */
export const spawnKubectl = (...args: string[]) => new Child(TOOL, ['kubectl', ...args]);

/** JSON of what kubectl finds. */
export async function get(...args: string[]): Promise<Found> {
  return JSON.parse(await kubectl('get', ...args, '--output=json')) as Found;
}

// biome-ignore lint/suspicious/noExplicitAny: as deep and as loose as Kubernetes' own objects
export type Found = any;

/** Node and peer, for what the lab can do in its own. */
export const PLACE: Place = {
  spawnIn: (side, command, args = [], options = {}) =>
    new Child('nsenter', [`--net=/run/netns/${NAMESPACE_OF[side]}`, '--', command, ...args], options),
  exec: (side, command, args = [], options = {}) =>
    run('nsenter', [`--net=/run/netns/${NAMESPACE_OF[side]}`, '--', command, ...args], options),
};
