import { describe, expect, it } from 'vitest';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { Timeouts, timeoutLabels } from '../../../src/host/procfs/sysctl.ts';
import { FakeNode } from '../../fake-node.ts';

const FOLDER = 'sys/net/netfilter';

describe('timeoutLabels()', () => {
  it.each([
    ['nf_conntrack_tcp_timeout_established', { protocol: 'tcp', state: 'established' }],
    ['nf_conntrack_tcp_timeout_close_wait', { protocol: 'tcp', state: 'close_wait' }],
    ['nf_conntrack_udp_timeout', { protocol: 'udp', state: 'default' }],
    ['nf_conntrack_udp_timeout_stream', { protocol: 'udp', state: 'stream' }],
    ['nf_conntrack_generic_timeout', { protocol: 'generic', state: 'default' }],
    ['nf_conntrack_icmpv6_timeout', { protocol: 'icmpv6', state: 'default' }],
    ['nf_conntrack_frag6_timeout', undefined],
    ['nf_conntrack_max', undefined],
    ['nf_conntrack_tcp_loose', undefined],
  ])('makes of %s %j', (name, labels) => {
    expect(timeoutLabels(name)).toEqual(labels);
  });
});

describe('Timeouts', () => {
  it.each([
    ['common', ['tcp', 'udp']],
    ['all', ['dccp', 'generic', 'gre', 'icmp', 'icmpv6', 'sctp', 'tcp', 'udp']],
    ['none', []],
  ] as const)('of the set %s are those of %j', async (set, protocols) => {
    await using node = await FakeNode.create();
    node.write(`${FOLDER}/nf_conntrack_dccp_timeout_open`, '43200\n');
    const timeouts = new Timeouts(new ProcFs(node.procRoot), set);
    const seen = new Set(timeouts.read(0, true).timeouts.map(({ protocol }) => protocol));
    expect([...seen].sort()).toEqual(protocols);
    timeouts.close();
  });

  it('leaves out a file that cannot be parsed, says so, and reads the others', async () => {
    await using node = await FakeNode.create();
    const timeouts = new Timeouts(new ProcFs(node.procRoot), 'all');
    const all = timeouts.read(0, true).timeouts;
    node.write(`${FOLDER}/nf_conntrack_udp_timeout`, 'soon\n');
    const { timeouts: rest, problem } = timeouts.read(30_000, true);
    expect(rest).toEqual(all.filter(({ protocol, state }) => !(protocol === 'udp' && state === 'default')));
    expect(problem?.message).toContain('nf_conntrack_udp_timeout": it says "soon"');
    timeouts.close();
  });

  it('are read anew at most every half minute', async () => {
    await using node = await FakeNode.create();
    const timeouts = new Timeouts(new ProcFs(node.procRoot), 'all');
    const first = timeouts.read(0, true);
    node.write(`${FOLDER}/nf_conntrack_udp_timeout`, '77\n');
    expect(timeouts.read(29_999, true)).toBe(first);
    expect(timeouts.read(30_000, true).timeouts).toContainEqual({ protocol: 'udp', state: 'default', seconds: 77 });
    timeouts.close();
  });

  it('are gone at once with the module, and back with it', async () => {
    await using node = await FakeNode.create();
    const timeouts = new Timeouts(new ProcFs(node.procRoot), 'all');
    const first = timeouts.read(0, true).timeouts;
    node.unloadModule();
    expect(timeouts.read(1000, false)).toEqual({ timeouts: [] });
    node.loadModule();
    expect(timeouts.read(2000, true).timeouts).toEqual(first);
    timeouts.close();
  });

  it('finds the timeouts of a protocol whose module is loaded later, and loses those that are gone', async () => {
    await using node = await FakeNode.create();
    const timeouts = new Timeouts(new ProcFs(node.procRoot), 'all');
    const names = (nowMs: number) =>
      timeouts.read(nowMs, true).timeouts.map(({ protocol, state }) => `${protocol} ${state}`);
    expect(names(0)).not.toContain('dccp open');
    node.write(`${FOLDER}/nf_conntrack_dccp_timeout_open`, '43200\n');
    node.remove(`${FOLDER}/nf_conntrack_icmp_timeout`);
    expect(names(30_000)).toContain('dccp open');
    expect(names(30_000)).not.toContain('icmp default');
    timeouts.close();
  });
});
