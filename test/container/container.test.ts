import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { NODE_FLAGS } from '../../src/config/v8-flags.ts';
import { entriesOf, parseConntrackStat } from '../../src/host/procfs/conntrack-stat.ts';
import { daemonSetOf, renderCombination } from '../daemonset/manifests.ts';
import { samplesOf } from '../kernel/lab/exposition.ts';
import { fill, keepFull, occupy } from '../kernel/lab/flood.ts';
import { labOfTest } from '../kernel/lab/lab-of-test.ts';
import { readLimit, withLimit } from '../kernel/lab/limit.ts';
import { ADDRESS, type Lab } from '../kernel/lab/namespaces.ts';
import { tryConnect } from '../kernel/lab/tcp.ts';
import { has, needs } from '../needs.ts';
import { Container, type Probe, podman, ULIMITS } from './container.ts';

const WANTED = [
  'kustomize',
  'root',
  'nf_conntrack',
  'podman',
  'buildah',
  'runc',
  'debootstrap',
  'ip',
  'nft',
  'conntrack',
];
const BUILD = fileURLToPath(new URL('./image', import.meta.url));
const LIMIT = 3000;
const FULL_MS = 62_000;
const SCRAPES_A_MINUTE = 1000;
const PROBED_MS = 20_000;
const MIB = 1024 * 1024;

beforeAll(() => {
  if (WANTED.every(has)) execFileSync(BUILD, { stdio: ['ignore', 'ignore', 'inherit'] });
}, 600_000);

/** A lab, and in it the agent as the DaemonSet with these components describes it, past its start-up probe. */
async function agentIn(context: TestContext, ...components: string[]): Promise<{ lab: Lab; agent: Container }> {
  needs(context, ...WANTED);
  const lab = await labOfTest({ udpTimeoutSeconds: 30 });
  const agent = await Container.start(lab, daemonSetOf(await renderCombination(components)));
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') process.stdout.write(`${await agent.logs()}\n`);
    await agent.remove();
  });
  const { startupProbe } = agent.spec;
  let failures = 0;
  while ((await agent.probe(startupProbe)) !== 0) {
    if (++failures === startupProbe.failureThreshold) throw new Error('the start-up probe failed too often');
    await sleep(startupProbe.periodSeconds * 1000);
  }
  return { lab, agent };
}

const metricsOf = async (agent: Container) => samplesOf((await agent.get('/metrics')).body);

describe('the image', () => {
  it('says what it is, runs as nobody, and carries no shell and no other platform', async (context) => {
    needs(context, ...WANTED);
    const [image] = JSON.parse(await podman('image', 'inspect', 'localhost/conntrack-agent:test'));
    expect(image.Config.User).toBe('65532:65532');
    expect(image.Config.Entrypoint).toEqual(expect.arrayContaining([...NODE_FLAGS]));
    expect(image.Labels).toMatchObject({
      'org.opencontainers.image.title': 'conntrack-agent',
      'org.opencontainers.image.source': 'https://github.com/conntrack-agent/conntrack-agent',
    });
    const files = (
      await podman('run', '--rm', '--network=none', ...ULIMITS, '--entrypoint', 'node', image.Id, '-e', LIST_FILES)
    ).split('\n');
    expect(files.filter((file) => /\/(sh|bash|dash|busybox|npm)$/.test(file))).toEqual([]);
    expect(files.filter((file) => file.endsWith('.node'))).toHaveLength(1);
    process.stdout.write(`image: ${Math.round(image.Size / 1e6)} MB, ${files.length} files\n`);
  });

  it('is the same image when the same commit is built again', { timeout: 180_000 }, async (context) => {
    needs(context, ...WANTED);
    const layersOf = async (image: string) =>
      JSON.parse(await podman('image', 'inspect', image, '--format', '{{json .RootFS.Layers}}'));
    execFileSync(BUILD, ['localhost/conntrack-agent:again'], { stdio: ['ignore', 'ignore', 'inherit'] });
    expect(await layersOf('localhost/conntrack-agent:again')).toEqual(await layersOf('localhost/conntrack-agent:test'));
    await podman('image', 'rm', '--force', 'localhost/conntrack-agent:again');
  });

  // Shown for arm64: the files, and that koffi's library is of that platform. Not shown: that they run, for want of such a machine.
  it('holds the same files for arm64, with the library of that platform', { timeout: 300_000 }, async (context) => {
    needs(context, ...WANTED);
    const image = 'localhost/conntrack-agent:files-arm64';
    const flags = ['--target', 'build', '--build-arg', 'TARGETARCH=arm64'];
    execFileSync(BUILD, [image, '24', ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
    const arm64 = await filesIn(image, '/image', '');
    await podman('image', 'rm', '--force', image);
    const amd64 = await filesIn('localhost/conntrack-agent:test', '', '/opt', '/usr/local/bin');
    const own = amd64.files.filter((file) => file !== '/usr/local/bin/node'); // It is of the base.
    expect(arm64.files).toEqual(own.map((file) => file.replaceAll('x64', 'arm64')));
    expect([amd64.machines, arm64.machines]).toEqual([[62], [183]]); // EM_X86_64 and EM_AARCH64, elf.h
  });
});

/** Of the files in these folders below a root the paths in it, and for which machine the native ones are (e_machine). */
async function filesIn(
  image: string,
  root: string,
  ...folders: string[]
): Promise<{ files: string[]; machines: number[] }> {
  const flags = ['--rm', '--network=none', ...ULIMITS, '--entrypoint', 'node'];
  return JSON.parse(await podman('run', ...flags, image, '-e', LIST_FOLDERS, root, ...folders));
}

const LIST_FOLDERS = `const [root, ...folders] = process.argv.slice(1);
const all = folders.flatMap((folder) => fs.readdirSync(root + folder, { recursive: true, withFileTypes: true }))
  .filter((file) => file.isFile());
const paths = all.map((file) => file.parentPath + '/' + file.name).sort();
const machines = paths.filter((path) => path.endsWith('.node')).map((path) => fs.readFileSync(path).readUInt16LE(18));
console.log(JSON.stringify({ files: paths.map((path) => path.slice(root.length)), machines }));`;

const LIST_FILES = `for (const top of ['bin', 'etc', 'lib', 'opt', 'sbin', 'usr']) {
  if (fs.existsSync('/' + top)) for (const file of fs.readdirSync('/' + top, { recursive: true, withFileTypes: true }))
    if (file.isFile()) console.log(file.parentPath + '/' + file.name);
}`;

/** Tries to make a file in every folder there is, and prints those that took one. */
const WRITABLE = `const { readdirSync, writeFileSync, rmSync } = fs;
const walk = (folder) => {
  try { writeFileSync(folder + '/probe', ''); rmSync(folder + '/probe'); console.log(folder); } catch {}
  let entries = [];
  try { entries = readdirSync(folder || '/', { withFileTypes: true }); } catch {}
  for (const entry of entries) {
    const path = folder + '/' + entry.name;
    // /dev/shm is the container runtime's, here as under Kubernetes, and ends with the pod.
    if (entry.isDirectory() && !['/proc', '/sys', '/dev'].includes(path)) walk(path);
  }
};
walk('');`;

describe('the agent as the DaemonSet runs it', () => {
  it('is who the manifest says, without a capability, and writes to its socket folder only', async (context) => {
    const { agent } = await agentIn(context);
    const status = await agent.status();
    expect(status.get('Uid')).toBe('65532\t65532\t65532\t65532');
    expect(status.get('Gid')).toBe('65532\t65532\t65532\t65532');
    for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb'])
      expect([set, Number(`0x${status.get(set)}`)]).toEqual([set, 0]);
    expect([status.get('NoNewPrivs'), status.get('Seccomp')]).toEqual(['1', '2']);
    expect(await agent.exec('node', '-e', WRITABLE)).toBe('/run/conntrack-agent');
  });

  it('tells the numbers of the node, and that it is there', async (context) => {
    const { lab, agent } = await agentIn(context);
    await fill(lab, 500);
    const metrics = await metricsOf(agent);
    expect(metrics.get('conntrack_entries')).toBe(await lab.entries());
    expect(metrics.get('conntrack_entries_limit')).toBe(readLimit());
    expect(metrics.get('conntrack_agent_in_host_netns')).toBe(1);
    expect(metrics.get('conntrack_agent_source_up{source="counters",via="procfs"}')).toBe(1);
    expect((await agent.get('/-/ready')).status).toBe(200);
  });

  it('ends within 5 s of SIGTERM, with 0', async (context) => {
    const { agent } = await agentIn(context);
    const { ms, code } = await agent.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(5000);
  });

  it('with the flow sample is root with NET_ADMIN alone, and asks ctnetlink', async (context) => {
    const { lab, agent } = await agentIn(context, 'flows');
    const status = await agent.status();
    expect(status.get('Uid')).toBe('0\t0\t0\t0');
    expect(Number(`0x${status.get('CapEff')}`)).toBe(2 ** 12); // CAP_NET_ADMIN
    expect((await metricsOf(agent)).get('conntrack_agent_source_up{source="counters",via="ctnetlink"}')).toBe(1);
    await fill(lab, 100);
    const flows = JSON.parse(await agent.exec('conntrack-agent', 'flows', '--json'));
    expect(flows.read).toBeGreaterThanOrEqual(100);
  });

  it('without hostNetwork tells entries, limit and counters of the node, and no timeout of its own namespace', async (context) => {
    const { agent } = await agentIn(context, 'no-host-network');
    const metrics = await metricsOf(agent);
    const text = readFileSync('/proc/1/net/stat/nf_conntrack', 'utf8');
    const rows = parseConntrackStat(text);
    expect(metrics.get('conntrack_drops_total')).toBe(rows.reduce((sum, row) => sum + row.get('drop')!, 0));
    expect(metrics.get('conntrack_entries')).toBe(entriesOf(text));
    expect(metrics.get('conntrack_entries_limit')).toBe(readLimit());
    expect([...metrics.keys()].filter((name) => name.startsWith('conntrack_timeout_seconds'))).toEqual([]);
    expect(metrics.get('conntrack_agent_in_host_netns')).toBeUndefined();
    expect((await agent.get('/-/ready')).status).toBe(200);
  });

  it('fails no probe in a minute of a full table, and stays below its memory limit', {
    timeout: 200_000,
  }, async (context) => {
    const { lab, agent } = await agentIn(context);
    const { livenessProbe, readinessProbe, resources } = agent.spec;
    const seen = await withLimit(LIMIT, async () => {
      await occupy(lab, LIMIT - 20 - (await lab.entries()), { timeoutSeconds: FULL_MS / 1000 + 10 });
      const untilMs = performance.now() + FULL_MS;
      const [, connections, liveness, readiness, scrapes] = await Promise.all([
        keepFull(lab, FULL_MS, { perSecond: 1000 }),
        sleep(2000).then(() => tryConnect(lab, 'peer', ADDRESS.node, 10_098, 2000)),
        probesUntil(untilMs, agent, livenessProbe),
        probesUntil(untilMs, agent, readinessProbe),
        scrapesUntil(untilMs, agent),
      ]);
      return { connections, liveness, readiness, scrapes, peakBytes: await peakBytesOf(agent) };
    });
    expect(seen.connections, 'the table must refuse new connections, or this proves nothing').toBe('timed out');
    expect(seen.liveness.length).toBeGreaterThanOrEqual(2);
    expect(new Set([...seen.liveness, ...seen.readiness])).toEqual(new Set([0]));
    expect(seen.scrapes).toBeGreaterThan(SCRAPES_A_MINUTE * 0.9);
    const limit = Number(resources.limits.memory.replace('Mi', '')) * MIB;
    expect(seen.peakBytes).toBeLessThan(limit);
    process.stdout.write(`full table: ${JSON.stringify({ ...seen, limit })}\n`);
  });
});

async function probesUntil(untilMs: number, agent: Container, probe: Probe): Promise<(number | null)[]> {
  const codes: (number | null)[] = [];
  while (performance.now() < untilMs) {
    codes.push(await agent.probe(probe));
    // Oftener than the kubelet does, or a test would see one probe.
    await sleep(Math.min(PROBED_MS, Math.max(0, untilMs - performance.now())));
  }
  return codes;
}

/** How many were answered, at 1,000 a minute. */
async function scrapesUntil(untilMs: number, agent: Container): Promise<number> {
  let answered = 0;
  while (performance.now() < untilMs) {
    const [{ status }] = await Promise.all([agent.get('/metrics'), sleep(60_000 / SCRAPES_A_MINUTE)]);
    if (status === 200) answered++;
  }
  return answered;
}

/** Of the process; the probes are beside it in the same limit, one at a time. */
async function peakBytesOf(agent: Container): Promise<number> {
  const text = readFileSync(`/proc/${await agent.pid()}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}
