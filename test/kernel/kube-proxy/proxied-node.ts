/**
 * Namespaces of network and mounts in which a real kube-proxy runs. Plain files stand over the settings of connection tracking, so
 * what it sets is seen there and the machine's own stay as they are.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child, run } from '../../../simulator/child.ts';

const CACHE = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const KUBE_PROXY = join(CACHE, 'conntrack-agent-kube-proxy', 'kube-proxy');
const API_PORT = 18_080;
const READY_MS = 20_000;

/** Why there is no kube-proxy to run; undefined when there is. */
export function kubeProxyMissing(): string | undefined {
  return existsSync(KUBE_PROXY) ? undefined : 'no kube-proxy built; run: test/kernel/kube-proxy/build';
}

const SETTINGS = '/proc/sys/net/netfilter';
const HASHSIZE = '/sys/module/nf_conntrack/parameters/hashsize';

/** `$1` is a folder of the test. Both mounts are seen in this namespace alone. */
const PREPARE = `set -e
ip link set lo up
mkdir "$1/settings"
for file in ${SETTINGS}/*; do cat "$file" >"$1/settings/\${file##*/}" 2>/dev/null || true; done
cat ${HASHSIZE} >"$1/hashsize"
mount --bind "$1/settings" ${SETTINGS}
mount --bind "$1/hashsize" ${HASHSIZE}
echo prepared
exec sleep infinity`;

export class ProxiedNode {
  readonly #folder: string;
  readonly #children: Child[] = [];
  readonly #holder: Child;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#holder = this.#started(new Child('unshare', ['--net', '--mount', 'sh', '-c', PREPARE, 'sh', folder]));
  }

  static async create(): Promise<ProxiedNode> {
    const node = new ProxiedNode(await mkdtemp(join(tmpdir(), 'conntrack-kube-proxy-')));
    await node.#holder.waitFor(/^prepared$/m);
    const api = node.spawn(process.execPath, [
      '--import',
      'tsx',
      fileURLToPath(new URL('api-server.ts', import.meta.url)),
      String(API_PORT),
    ]);
    await api.waitFor(/^listening$/m);
    return node;
  }

  spawn(command: string, args: readonly string[]): Child {
    return this.#started(new Child('nsenter', [...this.#enter(), command, ...args]));
  }

  exec(command: string, args: readonly string[]): Promise<string> {
    return run('nsenter', [...this.#enter(), command, ...args], { timeoutMs: 60_000 });
  }

  async read(setting: string): Promise<number> {
    return Number(await readFile(join(this.#folder, 'settings', setting), 'utf8'));
  }

  async write(setting: string, value: number): Promise<void> {
    await writeFile(join(this.#folder, 'settings', setting), `${value}\n`);
  }

  /** Starts kube-proxy with this configuration; resolves once it has set what it sets. */
  async startKubeProxy(configuration: string): Promise<Child> {
    const file = join(this.#folder, 'config.yaml');
    const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n';
    await writeFile(file, `${head}${configuration}\n`);
    const args = [`--config=${file}`, `--master=http://127.0.0.1:${API_PORT}`, '--hostname-override=node-1'];
    const child = this.spawn(KUBE_PROXY, args);
    // What it sets comes before it begins to watch for services.
    await child.waitFor(/Starting service config controller/, { timeoutMs: READY_MS });
    await sleep(200);
    return child;
  }

  async dispose(): Promise<void> {
    for (const child of this.#children.reverse()) await child.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #enter(): string[] {
    return [`--target=${this.#holder.pid}`, '--net', '--mount', `--wd=${process.cwd()}`, '--'];
  }

  #started(child: Child): Child {
    this.#children.push(child);
    return child;
  }
}
