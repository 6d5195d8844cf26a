import { describe, expect, it } from 'vitest';
import { parseConfigz, parseGoDuration, parseProxyMode, parseVersion } from '../../src/host/kube-proxy.ts';

const conntrack = { MaxPerCore: 32_768, Min: 131_072, TCPEstablishedTimeout: '24h0m0s', TCPCloseWaitTimeout: '1h0m0s' };
const configz = (config: object) => JSON.stringify({ 'kubeproxy.config.k8s.io': config });
const SETTINGS = { maxPerCpu: 32_768, min: 131_072, establishedSeconds: 86_400, closeWaitSeconds: 3600 };

describe('parseConfigz()', () => {
  it('reads the names of Go, where 1.20 has them and where 1.32 put them', () => {
    expect(parseConfigz(configz({ Conntrack: conntrack, Mode: 'ipvs' }))).toEqual(SETTINGS);
    expect(parseConfigz(configz({ Linux: { Conntrack: conntrack } }))).toEqual(SETTINGS);
  });

  it('reads the names of the configuration file too', () => {
    const file = { maxPerCore: 0, min: null, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: null };
    expect(parseConfigz(configz({ conntrack: file }))).toEqual({
      maxPerCpu: 0,
      min: 0,
      establishedSeconds: undefined,
      closeWaitSeconds: undefined,
    });
  });

  it.each([
    ['<html>', 'it is not JSON'],
    ['[]', 'no conntrack settings'],
    ['{"kubeletconfig":{}}', 'no conntrack settings'],
    [configz({ Conntrack: [] }), 'no conntrack settings'],
    [configz({ Conntrack: { MaxPerCore: '32768' } }), 'maxPerCore is no whole number of 32 bits'],
    [configz({ Conntrack: { MaxPerCore: 1e12 } }), 'maxPerCore is no whole number of 32 bits'],
    [configz({ Conntrack: { Min: 0.5 } }), 'min is no whole number of 32 bits'],
  ])('takes %s for somebody else', (text, problem) => {
    expect(() => parseConfigz(text)).toThrow(problem);
  });
});

describe('parseProxyMode()', () => {
  it.each([
    ['iptables', 'iptables'],
    ['nftables\n', 'nftables'],
    ['', undefined],
    ['<b>ipvs', undefined],
  ])('takes %j for %j', (text, mode) => {
    expect(parseProxyMode(text)).toBe(mode);
  });
});

describe('parseVersion()', () => {
  const info = (version: string) => `x 1\nkubernetes_build_info{build_date="",git_version="${version}",major="1"} 1\n`;

  it.each([
    ['v1.20.2', { major: 1, minor: 20, patch: 2, text: 'v1.20.2' }],
    ['v1.30.4-eks-a737599', { major: 1, minor: 30, patch: 4, text: 'v1.30.4-eks-a737599' }],
    ['v1.31.1+k3s1', { major: 1, minor: 31, patch: 1, text: 'v1.31.1+k3s1' }],
    ['v1.36.4-gke.100', { major: 1, minor: 36, patch: 4, text: 'v1.36.4-gke.100' }],
    ['v1.38.0-alpha.0.12+abc', { major: 1, minor: 38, patch: 0, text: 'v1.38.0-alpha.0.12+abc' }],
    ['1.29', { major: 1, minor: 29, text: '1.29' }],
    ['v1.<script>', undefined],
    ['unknown', undefined],
  ])('takes %s for %j', (text, version) => {
    expect(parseVersion(info(text))).toEqual(version);
  });
});

describe('parseGoDuration()', () => {
  it.each([
    ['24h0m0s', 86_400],
    ['1h30m', 5400],
    ['1.5h', 5400],
    ['250ms', 0.25],
    ['0s', 0],
    ['5', undefined],
    ['-1h', undefined],
    ['1h 2m', undefined],
    ['', undefined],
  ])('takes %j for %j seconds', (text, seconds) => {
    expect(parseGoDuration(text)).toBe(seconds);
  });
});
