import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../needs.ts';
import { reachableProgram } from '../reachable.ts';
import type { Told } from './kube-proxy/ask.ts';
import { kubeProxyMissing, ProxiedNode } from './kube-proxy/proxied-node.ts';
import { LIMIT_FILE, readLimit } from './lab/limit.ts';

const ASK = ['--import', 'tsx', fileURLToPath(new URL('kube-proxy/ask.ts', import.meta.url))];
/** As an operator would have set it. */
const RAISED = 700_000;

async function proxiedNode(): Promise<ProxiedNode> {
  const before = readLimit();
  const node = await ProxiedNode.create();
  onTestFinished(async () => {
    await node.dispose();
    expect(readLimit(), LIMIT_FILE).toBe(before);
  });
  return node;
}

const MISSING = kubeProxyMissing();
if (MISSING !== undefined) process.stdout.write(`skipped: the real kube-proxy: ${MISSING}\n`);

describe.skipIf(MISSING !== undefined)('the kube-proxy of Kubernetes 1.20', () => {
  it.each([
    ['', { maxPerCpu: 32_768, min: 131_072, establishedSeconds: 86_400, closeWaitSeconds: 3600 }],
    ['conntrack: { maxPerCore: 200000 }', { maxPerCpu: 200_000, min: 131_072 }],
    ['conntrack: { maxPerCore: 1, min: 600000 }', { maxPerCpu: 1, min: 600_000 }],
    ['conntrack: { min: 900000, tcpEstablishedTimeout: 2h0m0s }', { min: 900_000, establishedSeconds: 7200 }],
    ['conntrack: { maxPerCore: 0, min: 5, tcpCloseWaitTimeout: 0s }', { maxPerCpu: 0, min: 5 }],
  ])('sets at its next start what was predicted from its settings: %j', async (configuration, settings) => {
    const node = await proxiedNode();
    const first = await node.startKubeProxy(configuration);
    await node.write('nf_conntrack_max', RAISED);
    const told = JSON.parse(await node.exec(process.execPath, ASK)) as Told;
    expect(told.settings).toMatchObject({ mode: 'iptables', version: { minor: 20 }, ...settings });
    await first.stop();
    await node.startKubeProxy(configuration);
    expect(await node.read('nf_conntrack_max')).toBe(told.limitAfterStart);
    process.stdout.write(`${configuration || 'defaults'}: predicted and set ${told.limitAfterStart}, from ${RAISED}\n`);
  });

  it('is told of by doctor with the lines to change, which then keep the limit', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip');
    const node = await proxiedNode();
    const first = await node.startKubeProxy('');
    await node.write('nf_conntrack_max', RAISED);
    await node.write('nf_conntrack_count', 120_000);
    const child = node.spawn(process.execPath, [reachableProgram(), 'doctor', '--node.ip=127.0.0.1']);
    await child.exited;
    const text = child.stdout.replaceAll(/\s+/g, ' ');
    process.stdout.write(child.stdout);
    expect(text).toMatch(
      /WARNING kube-proxy will lower the limit to 131,072 when it starts again kube-proxy v1\.20\.2, mode iptables,/,
    );
    expect(text).toContain('The entries there now are 91.5 % of that');
    const advised = /set in its configuration: (conntrack: \{[^}]*\})/.exec(text)![1]!;
    await first.stop();
    await node.startKubeProxy(advised);
    expect(await node.read('nf_conntrack_max')).toBe(RAISED);
  });

  it('is asked by no doctor that is told not to', async () => {
    const node = await proxiedNode();
    await node.startKubeProxy('');
    await node.write('nf_conntrack_max', RAISED);
    const child = node.spawn(process.execPath, [
      reachableProgram(),
      'doctor',
      '--node.ip=127.0.0.1',
      '--no-collector.kube-proxy',
    ]);
    await child.exited;
    expect(child.stdout).not.toContain('kube-proxy v1.20.2');
  });

  it('has a running agent tell the limit after its next start, and fire where that is below what is in use', async () => {
    const node = await proxiedNode();
    await node.startKubeProxy('');
    await node.write('nf_conntrack_max', RAISED);
    await node.write('nf_conntrack_count', 130_000);
    const agent = node.spawn(process.execPath, [
      reachableProgram(),
      '--collector.kube-proxy',
      '--web.socket=',
      '--web.listen-address=127.0.0.1:10098',
      '--node.ip=127.0.0.1',
    ]);
    await agent.waitFor(/watching the table/);
    const metrics = () => node.exec('curl', ['-sf', 'http://127.0.0.1:10098/metrics']).catch(() => '');
    await expect.poll(metrics, { timeout: 20_000, interval: 500 }).toContain('conntrack_kube_proxy_limit 131072\n');
    expect(await metrics()).toContain('datapath_info{cni="unknown",proxy="iptables",carries="nf_conntrack"} 1');
    await expect
      .poll(metrics, { timeout: 90_000, interval: 2000 })
      .toContain('conntrack_alarm_active{alarm="kube_proxy_limit_low",severity="warning"} 1\n');
  }, 150_000);
});
