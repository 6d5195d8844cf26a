/** A container as the kubelet would make it from a pod template, made by podman. */
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Child, type Exit, run } from '../../simulator/child.ts';
import type { Manifest } from '../daemonset/manifests.ts';
import { ADDRESS, type Lab } from '../kernel/lab/namespaces.ts';
import { type HttpAnswer, httpOverSocket } from './http-over-socket.ts';

const IMAGE = 'localhost/conntrack-agent:test';

/** podman's own defaults are above what a machine with strict limits may give away. */
export const ULIMITS = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=20000:20000'];

export type Probe = { readonly exec: { readonly command: string[] }; periodSeconds: number; timeoutSeconds: number };

export class Container {
  readonly socketPath: string;
  /** As the manifest has it. */
  readonly spec: Manifest['spec'];
  readonly #name: string;
  readonly #folder: string;

  private constructor(name: string, folder: string, spec: Manifest['spec']) {
    this.#name = name;
    this.#folder = folder;
    this.socketPath = join(folder, 'agent.sock');
    this.spec = spec;
  }

  static async start(lab: Lab, daemonSet: Manifest): Promise<Container> {
    const pod = daemonSet['spec'].template.spec;
    const spec = pod.containers[0];
    const name = `conntrack-test-${process.pid}-${Date.now()}`;
    // An emptyDir in memory: of root and the pod's fsGroup, open to both, as the kubelet makes it.
    const folder = await mkdtemp('/dev/shm/conntrack-emptydir-');
    await chown(folder, 0, pod.securityContext.fsGroup);
    await chmod(folder, 0o2777);
    const container = new Container(name, folder, spec);
    try {
      const args = [
        ...podArgs(pod, lab),
        ...containerArgs(spec),
        '--volume',
        `${folder}:${mountPathOf(pod, 'socket')}`,
      ];
      const agent = spec.args;
      await podman('run', '--detach', '--name', name, ...args, IMAGE, ...agent);
      return container;
    } catch (cause) {
      await container.remove();
      throw cause;
    }
  }

  async pid(): Promise<number> {
    return Number(await podman('inspect', '--format', '{{.State.Pid}}', this.#name));
  }

  /** Fields of /proc/PID/status. */
  async status(): Promise<ReadonlyMap<string, string>> {
    const lines = readFileSync(`/proc/${await this.pid()}/status`, 'utf8')
      .trimEnd()
      .split('\n');
    return new Map(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
  }

  /** One run of a probe: its exit code, null when it took longer than its timeout. */
  async probe({ exec, timeoutSeconds }: Probe): Promise<number | null> {
    const child = new Child('podman', ['--runtime', 'runc', 'exec', this.#name, ...exec.command]);
    const late = setTimeout(() => void child.stop('SIGKILL'), timeoutSeconds * 1000);
    const { code } = await child.exited;
    clearTimeout(late);
    if (code !== 0) process.stdout.write(`probe: ${child.error(`exit ${code}`).message}\n`);
    return code;
  }

  exec(...command: string[]): Promise<string> {
    return podman('exec', this.#name, ...command);
  }

  get(path: string): Promise<HttpAnswer> {
    return httpOverSocket(this.socketPath, path);
  }

  /** SIGTERM, and how long it took to end, with which code. */
  async stop(): Promise<{ readonly ms: number; readonly code: number }> {
    const startedAtMs = performance.now();
    await podman('kill', '--signal', 'TERM', this.#name);
    const code = Number(await podman('wait', this.#name));
    return { ms: performance.now() - startedAtMs, code };
  }

  logs(): Promise<string> {
    return podman('logs', this.#name);
  }

  async remove(): Promise<Exit | undefined> {
    await podman('rm', '--force', '--ignore', '--time', '1', this.#name);
    await rm(this.#folder, { recursive: true, force: true });
    return undefined;
  }
}

export async function podman(...args: string[]): Promise<string> {
  return (await run('podman', ['--runtime', 'runc', ...args], { timeoutMs: 60_000 })).trim();
}

function podArgs(pod: Manifest['spec'], lab: Lab): string[] {
  const { runAsUser, runAsGroup, fsGroup } = pod.securityContext;
  const volumes = pod.volumes.flatMap(({ name, hostPath }: { name: string; hostPath?: { path: string } }) => {
    return hostPath ? ['--volume', `${hostPath.path}:${mountPathOf(pod, name)}:ro`] : [];
  });
  const network = pod.hostNetwork ? `ns:/run/netns/${lab.nameOf('node')}` : 'none';
  return ['--user', `${runAsUser}:${runAsGroup}`, '--group-add', String(fsGroup), '--network', network, ...volumes];
}

function containerArgs({ securityContext, resources, env }: Manifest['spec']): string[] {
  const { capabilities, readOnlyRootFilesystem, allowPrivilegeEscalation } = securityContext;
  const value: Record<string, string> = { NODE_NAME: 'node-1', NODE_IP: ADDRESS.node };
  return [
    ...ULIMITS,
    ...(readOnlyRootFilesystem ? ['--read-only', '--read-only-tmpfs=false'] : []),
    ...(allowPrivilegeEscalation ? [] : ['--security-opt', 'no-new-privileges']),
    ...capabilities.drop.flatMap((name: string) => ['--cap-drop', name]),
    ...(capabilities.add ?? []).flatMap((name: string) => ['--cap-add', name]),
    ...env.flatMap(({ name }: { name: string }) => ['--env', `${name}=${value[name]}`]),
    '--memory',
    resources.limits.memory.replace('Mi', 'm'),
  ];
}

function mountPathOf(pod: Manifest['spec'], volume: string): string {
  const mounts: readonly { readonly name: string; readonly mountPath: string }[] = pod.containers[0].volumeMounts;
  return mounts.find(({ name }) => name === volume)!.mountPath;
}
