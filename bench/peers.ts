/**
 * `tsx bench/peers.ts`, after a build: what the agent takes in a minute beside what others take that a node may have for the same
 * table, each with its conntrack part alone and at its own pace. Those that this machine lacks are named and left out (Debian:
 * netdata-core, collectd-core, libmicrohttpd12, libprotobuf-c1). Prints a table; asserts nothing.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { print } from '../simulator/terminal.ts';
import { AGENT_ARGS } from '../test/kernel/lab/agent.ts';
import { cpuSeconds, residentBytes } from './process-usage.ts';
import { Subject, scrape } from './subject.ts';

const SETTLE_MS = 20_000;
const MEASURED_MS = 60_000;
const SCRAPE_MS = 15_000;

type Peer = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly samples: string;
  /** Of its metrics for Prometheus, scraped every 15 s; none where it keeps them itself. */
  readonly port?: number;
};

/** Of Netdata's plugin for procfs, all but /proc/net/stat/nf_conntrack. */
const MODULES_OFF = `/proc/net/dev /proc/pagetypeinfo /proc/stat /proc/uptime /proc/loadavg /proc/sys/fs/file-nr
  /proc/sys/kernel/random/entropy_avail /run/reboot_required /proc/pressure /proc/interrupts /proc/softirqs
  /proc/vmstat /proc/meminfo /sys/kernel/mm/ksm /sys/block/zram /proc/mdstat /sys/devices/system/edac/mc
  /sys/devices/system/node /proc/net/wireless /proc/net/sockstat /proc/net/sockstat6 /proc/net/netstat
  /proc/net/sctp/snmp /proc/net/softnet_stat /proc/net/ip_vs/stats /sys/class/infiniband /proc/net/stat/synproxy
  /proc/diskstats /proc/net/rpc/nfsd /proc/net/rpc/nfs /proc/spl/kstat/zfs/arcstats
  /proc/spl/kstat/zfs/pool/state /sys/fs/btrfs ipc /sys/class/power_supply /sys/class/drm`;

const NETDATA = (folder: string) => `[directories]
  cache = ${folder}
  lib = ${folder}
  log = ${folder}
[global]
  run as user = root
[web]
  bind to = 127.0.0.1:19163
[ml]
  enabled = no
[plugins]
  timex = no
  idlejitter = no
  tc = no
  diskspace = no
  proc = yes
  cgroups = no
  checks = no
  statsd = no
  enable running new plugins = no
  netdata monitoring = no
  netdata monitoring extended = no
[plugin:proc]
${MODULES_OFF.split(/\s+/)
  .map((module) => `  ${module} = no\n`)
  .join('')}`;

const COLLECTD = (folder: string) => `BaseDir "${folder}"
PIDFile "${folder}/collectd.pid"
LoadPlugin conntrack
LoadPlugin write_prometheus
<Plugin write_prometheus>
  Port "19164"
</Plugin>
`;

async function peersIn(folder: string): Promise<readonly Peer[]> {
  const netdata = join(folder, 'netdata.conf');
  const collectd = join(folder, 'collectd.conf');
  await writeFile(netdata, NETDATA(folder));
  await writeFile(collectd, COLLECTD(folder));
  return [
    {
      name: 'conntrack-agent',
      command: process.execPath,
      args: [...AGENT_ARGS, '--web.listen-address=127.0.0.1:19161', '--web.socket='],
      samples: 'ten a second, a scrape every 15 s',
      port: 19_161,
    },
    {
      name: 'node_exporter, conntrack alone',
      command: '/usr/bin/prometheus-node-exporter',
      args: ['--web.listen-address=127.0.0.1:19162', '--collector.disable-defaults', '--collector.conntrack'],
      samples: 'one a scrape, every 15 s',
      port: 19_162,
    },
    {
      name: 'Netdata, conntrack alone',
      command: '/usr/sbin/netdata',
      args: ['-D', '-c', netdata],
      samples: 'one a second, kept by itself',
    },
    {
      name: 'collectd, conntrack alone',
      command: '/usr/sbin/collectd',
      args: ['-f', '-C', collectd],
      samples: 'one every 10 s, a scrape every 15 s',
      port: 19_164,
    },
  ];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-bench-peers-'));
  const all = await peersIn(folder);
  for (const { name, command } of all.filter((peer) => !existsSync(peer.command)))
    print(`${name} is left out: there is no ${command}\n`);
  const peers = all.filter(({ command }) => existsSync(command));
  const subjects = peers.map(({ command, args, port }) => new Subject({ command, args }, port ?? 0));
  try {
    for (const [i, subject] of subjects.entries()) if (peers[i]!.port !== undefined) await subject.firstAnswer();
    await scrapeFor(SETTLE_MS, peers);
    const before = subjects.map(({ pid }) => cpuSeconds(pid));
    const startMs = performance.now();
    await scrapeFor(MEASURED_MS, peers);
    const seconds = (performance.now() - startMs) / 1000;
    print('| program | samples | CPU, % of a core | resident memory, MB |');
    print('|---|---|---|---|');
    for (const [i, { name, samples }] of peers.entries()) {
      const { pid } = subjects[i]!;
      const share = (((cpuSeconds(pid) - before[i]!) / seconds) * 100).toFixed(2);
      print(`| ${name} | ${samples} | ${share} | ${(residentBytes(pid) / 1e6).toFixed(0)} |`);
    }
  } finally {
    for (const subject of subjects) await subject.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** As a Prometheus would, all at the same moment. */
async function scrapeFor(durationMs: number, peers: readonly Peer[]): Promise<void> {
  const ports = peers.flatMap(({ port }) => port ?? []);
  for (let passedMs = 0; passedMs < durationMs; passedMs += SCRAPE_MS) {
    for (const port of ports) await scrape(port);
    await sleep(Math.min(SCRAPE_MS, durationMs - passedMs));
  }
}

await main();
