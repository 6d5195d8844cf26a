/**
 * Two real network namespaces joined by a veth pair. "node" tracks connections, "peer" does not, so whatever runs in the
 * peer goes on while the node's table is full.
 */
import { randomBytes } from 'node:crypto';
import { Child, type ChildOptions, run } from '../../../simulator/child.ts';
import { lockMachine, type Release } from './lock.ts';

export type Side = 'node' | 'peer';

export const ADDRESS = { node: '10.97.0.1', peer: '10.97.0.2' } as const;

/** Every address of it is local to the node: room for four billion UDP flows. */
const SPARE_PREFIX = '10.98.0.0/16';

const NAME_PREFIX = 'conntrack-lab-';

/** One rule that looks at `ct state` makes the kernel track the whole namespace (nft_ct_get_init). */
const TRACKING_RULE = `table inet lab {
  chain input { type filter hook input priority filter; policy accept; ct state new,established,related accept; }
}`;

export type LabOptions = {
  /** nf_conntrack_udp_timeout of the node, seconds; the kernel's 30 when left out. */
  readonly udpTimeoutSeconds?: number;
};

/** Where processes of a lab, or of anything with a node and a peer, run. */
export type Place = Pick<Lab, 'spawnIn' | 'exec'>;

export class Lab {
  readonly #names: Readonly<Record<Side, string>>;
  readonly #children: Child[] = [];
  readonly #release: Release;

  constructor(names: Readonly<Record<Side, string>>, release: Release) {
    this.#names = names;
    this.#release = release;
  }

  /** Name of a side's namespace, for `ip netns`. */
  nameOf(side: Side): string {
    return this.#names[side];
  }

  /** Starts a command inside; it ends with the lab at the latest. */
  spawnIn(side: Side, command: string, args: readonly string[] = [], options: ChildOptions = {}): Child {
    const child = new Child('nsenter', [`--net=/run/netns/${this.#names[side]}`, '--', command, ...args], options);
    this.#children.push(child);
    return child;
  }

  /** Runs a command inside to its end; its stdout. */
  async exec(
    side: Side,
    command: string,
    args: readonly string[] = [],
    options: ChildOptions & { input?: string; timeoutMs?: number } = {},
  ): Promise<string> {
    return run('nsenter', [`--net=/run/netns/${this.#names[side]}`, '--', command, ...args], options);
  }

  /** Sets a sysctl of one side's namespace, for example `net/netfilter/nf_conntrack_udp_timeout`. */
  async writeSysctl(side: Side, path: string, value: string | number): Promise<void> {
    await this.exec(side, 'tee', [`/proc/sys/${path}`], { input: `${value}\n` });
  }

  /** nf_conntrack_count as a process inside sees it. */
  async entries(side: Side = 'node'): Promise<number> {
    return Number(await this.exec(side, 'cat', ['/proc/sys/net/netfilter/nf_conntrack_count']));
  }

  async dispose(): Promise<void> {
    try {
      await Promise.all(this.#children.map((child) => child.stop()));
      await deleteNamespaces(Object.values(this.#names));
    } finally {
      await this.#release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

export async function createLab({ udpTimeoutSeconds }: LabOptions = {}): Promise<Lab> {
  const release = await lockMachine();
  const id = `${NAME_PREFIX}${process.pid}-${randomBytes(3).toString('hex')}`;
  const lab = new Lab({ node: `${id}-node`, peer: `${id}-peer` }, release);
  try {
    await removeLeft();
    await joinNamespaces(lab);
    await lab.exec('node', 'nft', ['-f', '-'], { input: TRACKING_RULE });
    if (udpTimeoutSeconds !== undefined) {
      await lab.writeSysctl('node', 'net/netfilter/nf_conntrack_udp_timeout', udpTimeoutSeconds);
    }
    return lab;
  } catch (cause) {
    await lab.dispose();
    throw cause;
  }
}

/** Namespaces of labs on this machine, this process's own included. */
export async function leftNamespaces(): Promise<string[]> {
  const words = (await run('ip', ['netns', 'list'])).split(/\s+/);
  return words.filter((word) => word.startsWith(NAME_PREFIX));
}

let removal = Promise.resolve();

/**
 * The lock is ours, so the namespace of another process's lab is one that a killed run left behind. One removal after the other:
 * labs of this process that are made at the same time see the same names.
 */
function removeLeft(): Promise<void> {
  const remove = async () => {
    const left = await leftNamespaces();
    await deleteNamespaces(left.filter((name) => !name.startsWith(`${NAME_PREFIX}${process.pid}-`)));
  };
  removal = removal.then(remove, remove);
  return removal;
}

async function joinNamespaces(lab: Lab): Promise<void> {
  const [node, peer] = [lab.nameOf('node'), lab.nameOf('peer')];
  await run('ip', ['netns', 'add', node]);
  await run('ip', ['netns', 'add', peer]);
  await run('ip', ['link', 'add', 'lab0', 'netns', node, 'type', 'veth', 'peer', 'name', 'lab0', 'netns', peer]);
  for (const side of ['node', 'peer'] as const) {
    const ip = (...args: string[]) => run('ip', ['-n', lab.nameOf(side), ...args]);
    await ip('link', 'set', 'lo', 'up');
    await ip('address', 'add', `${ADDRESS[side]}/24`, 'dev', 'lab0');
    await ip('link', 'set', 'lab0', 'up');
  }
  await run('ip', ['-n', node, 'route', 'add', 'local', SPARE_PREFIX, 'dev', 'lo']);
  await run('ip', ['-n', peer, 'route', 'add', SPARE_PREFIX, 'via', ADDRESS.node]);
}

async function deleteNamespaces(names: readonly string[]): Promise<void> {
  const existing = new Set(await leftNamespaces());
  for (const name of names) if (existing.has(name)) await run('ip', ['netns', 'delete', name]);
}
