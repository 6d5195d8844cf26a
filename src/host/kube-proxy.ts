import { Agent, request } from 'node:http';
import type { KubeProxySettings, KubeVersion } from '../model/kube-proxy.ts';
import { OperatorError } from '../model/operator-error.ts';
import { hostPort } from '../model/text/address.ts';
import { bodyOf } from '../system/http-body.ts';

/** Of an address and not a name: nothing is looked up. */
export type KubeProxyAddress = { readonly host: string; readonly port: number };

/**
 * Where its metrics are by default (pkg/proxy/apis/config/v1alpha1/defaults.go): on the loopback of the family of its bindAddress.
 */
const DEFAULT_ADDRESSES: readonly KubeProxyAddress[] = [
  { host: '127.0.0.1', port: 10_249 },
  { host: '::1', port: 10_249 },
];

/** The configured address alone, or both defaults. */
export function kubeProxyAddresses(address: KubeProxyAddress, isConfigured: boolean): readonly KubeProxyAddress[] {
  return isConfigured ? [address] : DEFAULT_ADDRESSES;
}

/** For all questions together. kube-proxy answers from memory; a full table would let the connection hang. */
const TIMEOUT_MS = 1000;
/** Its metrics are some 100 kB. */
const BYTES_MAX = 4 * 1024 * 1024;

/**
 * The settings of the kube-proxy that answers first, of these addresses in turn.
 * @throws OperatorError that names each address where it was asked in vain
 */
export async function askKubeProxyAt(
  addresses: readonly KubeProxyAddress[],
  timeoutMs = TIMEOUT_MS,
): Promise<KubeProxySettings> {
  const problems: OperatorError[] = [];
  for (const address of addresses) {
    try {
      return await askKubeProxy(address, timeoutMs);
    } catch (problem) {
      problems.push(problem as OperatorError);
    }
  }
  const [first, ...others] = problems;
  if (first === undefined) throw new RangeError('no address to ask kube-proxy at');
  const message = [first.message, ...others.map((other) => other.message.replace(/^Cannot ask kube-proxy /, ''))];
  throw new OperatorError(message.join('; '), { remedy: first.remedy, cause: first });
}

/**
 * Asks kube-proxy on its metrics port, over one connection. The settings are needed; mode and version may be missing.
 * @throws OperatorError where nobody answers, or somebody else
 */
export async function askKubeProxy(address: KubeProxyAddress, timeoutMs = TIMEOUT_MS): Promise<KubeProxySettings> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const signal = AbortSignal.timeout(timeoutMs);
  const ask = (path: string) => get({ ...address, path, agent, signal });
  try {
    const settings = parseConfigz(await ask('/configz'));
    const mode = parseProxyMode(await orEmpty(ask('/proxyMode')));
    const version = parseVersion(await orEmpty(ask('/metrics')));
    return { ...settings, mode, version };
  } catch (cause) {
    throw new OperatorError(`Cannot ask kube-proxy at "${hostPort(address.host, address.port)}": ${reasonOf(cause)}`, {
      remedy: 'Give its metricsBindAddress by --kube-proxy.address, or turn this off by --no-collector.kube-proxy',
      cause,
    });
  } finally {
    agent.destroy();
  }
}

type Question = KubeProxyAddress & { readonly path: string; readonly agent: Agent; readonly signal: AbortSignal };

/** The text of an answer with status 200. */
function get(question: Question): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(question, (answer) => {
      bodyOf(answer, BYTES_MAX, `it answers with more than ${BYTES_MAX} bytes`).then((body) => {
        if (answer.statusCode === 200) resolve(body);
        else reject(new Error(`${question.path} has status ${answer.statusCode}`));
      }, reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** What may be missing. */
function orEmpty(answer: Promise<string>): Promise<string> {
  return answer.catch(() => '');
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'TimeoutError' || (cause as NodeJS.ErrnoException).code === 'ABORT_ERR')
    return 'no answer in time';
  return cause.message;
}

/** What kube-proxy answers on its metrics port (cmd/kube-proxy/app/server.go, serveMetrics), as text in and values out. */

/** pkg/proxy/apis/config/types.go, GroupName. */
const GROUP = 'kubeproxy.config.k8s.io';
const MODES = ['iptables', 'ipvs', 'nftables'] as const;

type Settings = Pick<KubeProxySettings, 'maxPerCpu' | 'min' | 'establishedSeconds' | 'closeWaitSeconds'>;

/**
 * Settings of connection tracking out of /configz. Names are those of Go, in the case of Go or of the configuration file; since 1.32
 * they stand under Linux. @throws SyntaxError where there are none.
 */
export function parseConfigz(text: string): Settings {
  const config = member(parseJson(text), GROUP);
  const conntrack = member(member(config, 'linux'), 'conntrack') ?? member(config, 'conntrack');
  if (!isObject(conntrack)) throw new SyntaxError(`no conntrack settings of "${GROUP}" in it`);
  return {
    maxPerCpu: numberOf(conntrack, 'maxPerCore') ?? 0,
    min: numberOf(conntrack, 'min') ?? 0,
    establishedSeconds: secondsOf(conntrack, 'tcpEstablishedTimeout'),
    closeWaitSeconds: secondsOf(conntrack, 'tcpCloseWaitTimeout'),
  };
}

/** Undefined for a mode that is not known here. */
export function parseProxyMode(text: string): string | undefined {
  return MODES.find((mode) => mode === text.trim());
}

/** Out of /metrics: `kubernetes_build_info{...,git_version="v1.20.2",...} 1`. Vendors append to it: `-gke.100`, `-eks-1a2b3c4`, `+k3s1`. */
export function parseVersion(metrics: string): KubeVersion | undefined {
  const match =
    /^kubernetes_build_info\{[^\n}]*git_version="(v?(\d{1,3})\.(\d{1,4})(?:\.(\d{1,4})(?!\d))?[0-9a-zA-Z.+-]{0,40})"/m.exec(
      metrics,
    );
  if (match === null) return undefined;
  const [, text = '', major, minor, patch] = match;
  return { text, major: Number(major), minor: Number(minor), ...(patch !== undefined && { patch: Number(patch) }) };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 0.001,
  us: 1e-6,
  µs: 1e-6,
  ns: 1e-9,
};

/** A duration as Go writes it, such as "24h0m0s"; undefined for anything else. */
export function parseGoDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|ms|us|µs|ns|m|s))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g);
  return Array.from(parts, ([, value, unit]) => Number(value) * UNIT_SECONDS[unit!]!).reduce(
    (sum, part) => sum + part,
    0,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError('it is not JSON');
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  const key = Object.keys(value).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : value[key];
}

/** A whole number that Go's int32 holds; undefined where it is left out. @throws SyntaxError for anything else. */
function numberOf(settings: unknown, name: string): number | undefined {
  const value = member(settings, name) ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) >= 2 ** 31) {
    throw new SyntaxError(`${name} is no whole number of 32 bits`);
  }
  return value;
}

/** 0, as nothing at all, leaves the timeout alone. */
function secondsOf(settings: unknown, name: string): number | undefined {
  const value = member(settings, name);
  return (typeof value === 'string' ? parseGoDuration(value) : undefined) || undefined;
}
