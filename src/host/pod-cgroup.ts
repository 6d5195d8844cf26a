import type { PodCgroup } from '../model/reading.ts';
export const NO_POD: PodCgroup = { podUid: undefined, containerId: undefined };

const UID = /[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32}/.source;

/**
 * `kubepods-burstable-pod<uid>.slice` of the systemd driver, `pod<uid>` of cgroupfs. A colon follows where containerd runs
 * with cgroupfs under a kubelet with systemd: `kubepods-pod<uid>.slice:cri-containerd:<id>` in one segment.
 */
const POD = new RegExp(`^(?:(?:.*-)?kubepods-(?:burstable-|besteffort-)?)?pod(${UID})(?:\\.slice)?(?::|$)`);

/** `<id>`, `cri-containerd-<id>.scope`, `crio-<id>`, `crio-conmon-<id>.scope`, `docker-<id>.scope`, `…:cri-containerd:<id>`. */
const CONTAINER = /(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$/;

/**
 * What /proc/PID/cgroup tells of a process (cgroups(7)): a line `id:controllers:path` per hierarchy, in cgroup v2 the one
 * line `0::path`. Pods are known by their own segment and not by where it hangs: a reader in a cgroup namespace of its own,
 * as containers are on cgroup v2, sees `/../../kubepods-pod<uid>.slice/...` with the root cut off.
 */
export function parsePodCgroup(text: string): PodCgroup {
  const found = text.split('\n').map((line) => podOfPath(pathOf(line)));
  return found.find(({ podUid }) => podUid !== undefined) ?? found.find(({ containerId }) => containerId) ?? NO_POD;
}

/** A path may hold colons itself; a removed group's ends in a remark. */
function pathOf(line: string): string {
  const path = line.replace(/^\d+:[^:]*:/, '');
  return path.replace(/ \(deleted\)$/, '');
}

/** Of a pod within a pod the outer one, which is the one this node's kubelet knows; its container is the next below. */
function podOfPath(path: string): PodCgroup {
  const segments = path.split('/');
  const at = segments.findIndex((segment) => POD.test(segment));
  const podUid = POD.exec(segments[at] ?? '')?.[1]?.replaceAll('_', '-');
  const below = segments.slice(Math.max(at, 0));
  const containerId = below.flatMap((segment) => CONTAINER.exec(segment)?.[1] ?? [])[0];
  return { podUid, containerId };
}
