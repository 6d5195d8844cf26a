import { describe, expect, it } from 'vitest';
import { adviceOn } from '../../../src/analysis/advice/all-advice.ts';
import type { Snapshot } from '../../../src/analysis/advice/snapshot.ts';
import { reportText } from '../../../src/cli/doctor/report.ts';
import { snapshotOf } from '../../analysis/advice/node-snapshots.ts';

const NODES = [
  'count-above-limit',
  'debian-6.1',
  'foreign-namespace',
  'linux-6.18',
  'no-conntrack-module',
  'rhel7-3.10',
  'rhel8-4.18',
  'small-gateway',
  'ubuntu-5.15-no-stat-file',
];

const reportOn = (snapshot: Snapshot, inColour = false) =>
  reportText({ nodeName: 'worker-3', snapshot, advice: adviceOn(snapshot), inColour });

describe('reportText()', () => {
  it.each(NODES)('fits 80 columns on %s, and is plain text', async (node) => {
    const text = reportOn(await snapshotOf(node));
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text).toMatch(/^[\x20-\x7e\n]+$/);
    expect(text).toMatch(/^node worker-3, Linux /);
  });

  it.each([
    ['cilium', 'cilium_bpf_map_pressure', 'see cilium_bpf_map_pressure'],
    ['calico', undefined, 'see the maps of calico'],
  ])("says before all else that BPF carries the pods' connections: %s", async (cni, bpfMetric, where) => {
    const datapath = { cni, proxy: 'bpf', carries: 'bpf', seen: ['seen'], bpfMetric } as const;
    const text = reportOn({ ...(await snapshotOf('count-above-limit')), datapath });
    const [, notice = ''] = text.split('\n\n');
    expect(notice.replaceAll('\n', ' ')).toContain(`does not carry the pods' connections, BPF does: ${where}`);
    const carried = { ...datapath, carries: 'nf_conntrack' } as const;
    expect(reportOn({ ...(await snapshotOf('linux-6.18')), datapath: carried })).not.toContain('BPF');
  });

  it('colours the severities and nothing else, and only when asked', async () => {
    const snapshot = await snapshotOf('count-above-limit');
    const coloured = reportOn(snapshot, true);
    expect(coloured).toContain('\u001b[1;31mCRITICAL\u001b[0m  There are more');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is taken away.
    expect(coloured.replaceAll(/\u001b\[[\d;]*m/g, '')).toBe(reportOn(snapshot));
  });

  it('spells out what drives a terminal, wherever it was read', async () => {
    const snapshot = await snapshotOf('small-gateway');
    const text = reportOn({ ...snapshot, kernel: { major: 6, minor: 1, text: '6.1\x1b[2J\u202e' } });
    expect(text).toContain('Linux 6.1\\x1b[2J\\u202e');
  });

  it('ends with lines that a root shell takes as they stand, with what kube-proxy does to them, and the sum', async () => {
    const lines = reportOn(await snapshotOf('small-gateway')).split('\n');
    const block = lines.slice(
      lines.findIndex((line) => line.startsWith('sysctl -w')),
      -2,
    );
    expect(block.filter((line) => !/^(sysctl -w net\.netfilter\.nf_conntrack_[a-z_]+=\d+|# .*)$/.test(line))).toEqual(
      [],
    );
    expect(block).toContain('sysctl -w net.netfilter.nf_conntrack_buckets=1048576');
    expect(block.join('\n')).toContain('kube-proxy sets the limit');
    expect(block.join('\n')).toContain('/etc/modules-load.d/nf_conntrack.conf');
    expect(lines.at(-1)).toMatch(/^0 critical, \d warning, \d ok$/);
  });

  it('has no such lines where nothing is to be set', async () => {
    expect(reportOn(await snapshotOf('linux-6.18'))).not.toContain('sysctl -w');
  });

  it('gives an order that mends two troubles once', async () => {
    const snapshot = await snapshotOf('count-above-limit');
    const counters = { ...snapshot.counters!, tableFullDrops: 9 };
    const text = reportOn({ ...snapshot, counters });
    expect(text.match(/- Raise the limit/g)).toHaveLength(1);
    expect(text).toContain('- As above');
  });
});
