import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { reachableProgram } from '../reachable.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';

const NEEDS = ['root', 'nf_conntrack', 'unshare', 'setpriv'] as const;
const AS_NOBODY = 'setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all';

/** Both outputs of the program as nobody, in a mount namespace whose procfs has these options. */
async function printed(options: string, ...args: readonly string[]): Promise<{ text: string; code: number }> {
  const script = `mount -t proc -o ${options} proc /proc && cd / && exec ${AS_NOBODY} "$@"`;
  const command = ['-m', 'sh', '-c', script, 'sh', process.execPath, reachableProgram(), ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)('unshare', command, { timeout: 20_000 });
    return { text: stdout + stderr, code: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { text: stdout + stderr, code };
  }
}

const words = (text: string) => text.replaceAll(/\s+/g, ' ');

describe.each(['subset=pid', 'hidepid=2,subset=pid'])('a procfs mounted with %s', (options) => {
  it('is reported by doctor as hidden, with the setting, and not as a module that is not loaded', async (context) => {
    needs(context, ...NEEDS);
    const { text, code } = await printed(options, 'doctor');
    expect(code).toBe(2);
    expect(words(text)).toContain('Take ProcSubset=pid out of the systemd unit, or mount proc without subset=pid');
    expect(text).not.toContain('not loaded');
  });

  it('leaves the agent without data, not ready, and with a line in the log', async (context) => {
    needs(context, ...NEEDS);
    const socket = `/tmp/conntrack-hidden-${process.pid}.sock`;
    const ask = (path: string) => `curl -s --unix-socket ${socket} -w ' %{http_code}\\n' http://agent${path}`;
    const run = `${AS_NOBODY} "$0" "$1" --web.listen-address=127.0.0.1:0 --web.socket=${socket} & agent=$!`;
    const wait = `for i in 1 2 3 4 5 6 7 8 9; do [ -S ${socket} ] && break; sleep 0.3; done; sleep 1.5`;
    const script = `mount -t proc -o ${options} proc /proc; cd /; ${run}; ${wait}; ${ask('/-/ready')}; ${ask('/api/v1/status')}; kill $agent; wait`;
    const command = ['-m', 'sh', '-c', script, process.execPath, reachableProgram()];
    const { stdout, stderr } = await promisify(execFile)('unshare', command, { timeout: 20_000 });
    expect(stdout).toMatch(/hides "sys" and "net"[\s\S]*subset=pid[\s\S]* 503\n/);
    expect(stdout).toContain('"level":"no_data"');
    expect(stderr).toContain('hides');
    expect(stderr).not.toContain('not loaded');
  });
});

describe('a procfs mounted with hidepid', () => {
  it.for(['hidepid=2', 'hidepid=invisible'])(
    'is named as the reason for one namespace: %s',
    async (options, context) => {
      needs(context, ...NEEDS);
      const text = words((await printed(options, 'flows', '--by=netns')).text);
      expect(text).toContain('processes of other users are hidden (hidepid)');
      expect(text).not.toContain('hostPID');
    },
  );
});

/** What doctor prints in the node's namespace, which is not the kernel's first, as that of a node that is a container. */
async function doctorIn(lab: Lab, nodeIp: string): Promise<string> {
  const child = lab.spawnIn('node', process.execPath, [reachableProgram(), 'doctor', `--node.ip=${nodeIp}`]);
  await child.exited;
  return child.stdout;
}

describe('a node that is a container', () => {
  it('is advised no setting that is read-only there, and is known by its address', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft');
    const text = await doctorIn(await labOfTest(), ADDRESS.node);
    expect(text).toContain("This is the node's network namespace");
    expect(text).not.toMatch(/^sysctl -w net\.netfilter\.nf_conntrack_(max|buckets)=/m);
  });

  it('is known by an address on an interface that has lost its carrier', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft');
    const lab = await labOfTest();
    await lab.exec('peer', 'ip', ['link', 'set', 'lab0', 'down']);
    expect(await doctorIn(lab, ADDRESS.node)).toContain("This is the node's network namespace");
  });

  it('is told apart from another namespace, which does not have its address', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft');
    expect(await doctorIn(await labOfTest(), '192.0.2.254')).toContain("This is not the node's network namespace");
  });
});
