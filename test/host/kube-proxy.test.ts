import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askKubeProxy, askKubeProxyAt, kubeProxyAddresses } from '../../src/host/kube-proxy.ts';

const CONFIGZ = JSON.stringify({ 'kubeproxy.config.k8s.io': { Conntrack: { MaxPerCore: 1000, Min: 5 } } });
const METRICS = 'kubernetes_build_info{git_version="v1.36.0"} 1\n';
const ANSWERS: Readonly<Record<string, string>> = {
  '/configz': CONFIGZ,
  '/proxyMode': 'nftables',
  '/metrics': METRICS,
};

type Answer = (path: string, response: ServerResponse) => void;

/** Somebody on a port of loopback, and how often he was connected to. */
async function listening(
  answer: Answer,
  host = '127.0.0.1',
): Promise<{ host: string; port: number; connections: () => number }> {
  const server: Server = createServer((request, response) => answer(request.url ?? '', response));
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host, port: (server.address() as AddressInfo).port, connections: () => connections };
}

const answering: Answer = (path, response) => void response.end(ANSWERS[path]);

describe('askKubeProxy()', () => {
  it('asks for settings, mode and version over one connection', async () => {
    const { connections, ...address } = await listening(answering);
    expect(await askKubeProxy(address)).toEqual({
      mode: 'nftables',
      version: { major: 1, minor: 36, patch: 0, text: 'v1.36.0' },
      maxPerCpu: 1000,
      min: 5,
      establishedSeconds: undefined,
      closeWaitSeconds: undefined,
    });
    expect(connections()).toBe(1);
  });

  it('does without mode and version', async () => {
    const address = await listening((path, response) => {
      if (path !== '/configz') response.statusCode = 404;
      answering(path, response);
    });
    expect(await askKubeProxy(address)).toMatchObject({ mode: undefined, version: undefined, maxPerCpu: 1000 });
  });

  it.each<[string, Answer, string]>([
    ['refuses', (_, response) => void response.writeHead(403).end(), '/configz has status 403'],
    ['is somebody else', (_, response) => void response.end('{"ok":true}'), 'no conntrack settings'],
    ['never answers', () => undefined, 'no answer in time'],
    ['never ends', (_, response) => void response.write('{'), 'no answer in time'],
    ['says too much', (_, response) => void response.end('x'.repeat(5_000_000)), 'it answers with more than'],
    ['hangs up', (_, response) => void response.destroy(), 'socket hang up'],
  ])('says so where it %s', async (_, answer, seen) => {
    const address = await listening(answer);
    await expect(askKubeProxy(address, seen === 'no answer in time' ? 300 : 10_000)).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^Cannot ask kube-proxy at "127\\.0\\.0\\.1:\\d+": .*${seen}`)),
      remedy: expect.stringContaining('--kube-proxy.address'),
    });
  });

  it('says so where nobody listens', async () => {
    await expect(askKubeProxy({ host: '::1', port: 9 })).rejects.toThrow(
      /Cannot ask kube-proxy at "\[::1\]:9": .*REFUSED/,
    );
  });
});

describe('askKubeProxyAt()', () => {
  const refused: Answer = (_, response) => void response.writeHead(404).end();

  it('takes the one that answers, whether on the loopback of IPv4 or of IPv6', async () => {
    const closed = { host: '127.0.0.1', port: 9 };
    for (const host of ['127.0.0.1', '::1']) {
      const { connections: _, ...address } = await listening(answering, host);
      expect(await askKubeProxyAt([closed, address], 10_000)).toMatchObject({ maxPerCpu: 1000 });
      expect(await askKubeProxyAt([address, closed], 10_000)).toMatchObject({ maxPerCpu: 1000 });
    }
  });

  it('goes past a stranger at the first address', async () => {
    const { connections: _, ...stranger } = await listening(refused);
    const { connections: __, ...address } = await listening(answering, '::1');
    expect(await askKubeProxyAt([stranger, address], 10_000)).toMatchObject({ mode: 'nftables' });
  });

  it('does not connect to the second where the first answers', async () => {
    const [first, second] = [await listening(answering), await listening(answering, '::1')];
    await askKubeProxyAt([first, second], 10_000);
    expect([first.connections(), second.connections()]).toEqual([1, 0]);
  });

  it('names each address where it was asked in vain', async () => {
    const addresses = [
      { host: '127.0.0.1', port: 9 },
      { host: '::1', port: 9 },
    ];
    await expect(askKubeProxyAt(addresses)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Cannot ask kube-proxy at "127\.0\.0\.1:9": .*REFUSED.*; at "\[::1\]:9": .*REFUSED/,
      ),
      remedy: expect.stringContaining('--kube-proxy.address'),
    });
  });
});

describe('kubeProxyAddresses()', () => {
  const address = { host: '10.0.0.7', port: 10_249 };

  it('are the configured address alone, or both loopbacks', () => {
    expect(kubeProxyAddresses(address, true)).toEqual([address]);
    expect(kubeProxyAddresses(address, false).map(({ host }) => host)).toEqual(['127.0.0.1', '::1']);
  });
});
