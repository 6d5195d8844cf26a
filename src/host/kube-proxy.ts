import { Agent, request } from 'node:http';
import type { KubeProxySettings } from '../model/kube-proxy.ts';
import { OperatorError } from '../model/operator-error.ts';
import { parseConfigz, parseProxyMode, parseVersion } from './kube-proxy-answers.ts';

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
    const where = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
    throw new OperatorError(`Cannot ask kube-proxy at "${where}": ${reasonOf(cause)}`, {
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
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        body += text;
        if (body.length <= BYTES_MAX) return;
        reject(new Error(`it answers with more than ${BYTES_MAX} bytes`));
        asked.destroy();
      });
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(body);
        else reject(new Error(`${question.path} has status ${answer.statusCode}`));
      });
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
