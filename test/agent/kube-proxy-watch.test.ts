import { describe, expect, it } from 'vitest';
import { KubeProxyWatch } from '../../src/agent/kube-proxy-watch.ts';
import type { KubeProxySettings } from '../../src/model/kube-proxy.ts';
import { collectedLog } from '../web/collected-log.ts';

const SETTINGS: KubeProxySettings = {
  mode: 'iptables',
  version: { major: 1, minor: 20, text: 'v1.20.2' },
  maxPerCpu: 32_768,
  min: 131_072,
  establishedSeconds: 86_400,
  closeWaitSeconds: 3600,
};

function watching() {
  const { log, lines } = collectedLog();
  const node = { nowMs: 0, hasHeadroom: true, isReadOnly: false, asked: 0, problem: undefined as Error | undefined };
  const watch = new KubeProxyWatch({
    log,
    clock: () => node.nowMs,
    hasHeadroom: () => node.hasHeadroom,
    cpus: () => 8,
    limitIsReadOnly: () => node.isReadOnly,
    async ask() {
      node.asked += 1;
      if (node.problem !== undefined) throw node.problem;
      return SETTINGS;
    },
  });
  return { watch, node, messages: () => lines.map(({ message }) => message) };
}

describe('KubeProxyWatch', () => {
  it('foretells no change of a limit that is read-only here', async () => {
    const { watch, node } = watching();
    await watch.ask();
    expect(watch.limitAfterStart(500_000)).toBe(262_144);
    node.isReadOnly = true;
    expect(watch.limitAfterStart(500_000)).toBe(500_000);
  });

  it('knows nothing before the first answer, then what the limit will be', async () => {
    const { watch } = watching();
    expect(watch.limitAfterStart(500_000)).toBeUndefined();
    await watch.ask();
    expect(watch.limitAfterStart(500_000)).toBe(262_144);
    expect(watch.limitAfterStart(undefined)).toBeUndefined();
  });

  it('does not ask while the table has no headroom, and keeps what it knows', async () => {
    const { watch, node } = watching();
    await watch.ask();
    node.hasHeadroom = false;
    await watch.ask();
    expect(node.asked).toBe(1);
    expect(watch.settings).toEqual(SETTINGS);
  });

  it('keeps the last answer for an hour while kube-proxy is away: its next start is what it tells of', async () => {
    const { watch, node, messages } = watching();
    await watch.ask();
    node.problem = new Error('nobody there');
    node.nowMs = 3_600_000;
    await watch.ask();
    await watch.ask();
    expect(watch.settings).toEqual(SETTINGS);
    node.nowMs += 1;
    expect(watch.settings).toBeUndefined();
    expect(watch.problem).toMatchObject({ message: 'nobody there' });
    node.problem = undefined;
    await watch.ask();
    expect(watch.problem).toBeUndefined();
    expect(messages()).toEqual([
      'what kube-proxy will set the limit to is not known, and all else goes on: nobody there',
      'kube-proxy answers again',
    ]);
  });
});
