import { CARRIER_TEXTS, carrierNotice, type Datapath } from '../../model/datapath.ts';
import {
  isSureToLower,
  type KubeProxySettings,
  limitAfterStart,
  settingsFor,
  wantedLimit,
} from '../../model/kube-proxy.ts';
import { count, duration, percent } from '../../model/text/numbers.ts';
import { type Advice, NOTHING_TO_DO, type Problem, type Snapshot } from './snapshot.ts';

/** Share of the limit after kube-proxy's next start: above it there would be almost no headroom. */
export const TIGHT_USAGE = 0.8;

/** What kube-proxy, which was asked, will do to the limit when it starts next. Without an answer limit.ts guesses. */
export function adviceOnKubeProxy(snapshot: Snapshot): Advice[] {
  const { kubeProxy, kubeProxyProblem, cpus, limit, peak = 0 } = snapshot;
  if (kubeProxy === undefined && kubeProxyProblem !== undefined) return [silent(kubeProxyProblem)];
  if (kubeProxy === undefined || cpus === undefined || limit === undefined || limit === 0) return [];
  const after = limitAfterStart(kubeProxy, cpus, limit);
  if (after < limit && snapshot.isReadOnly?.limit) return [cannotLower(kubeProxy, cpus, limit)];
  const isSure = isSureToLower(kubeProxy.version);
  const seen = [settingsText(kubeProxy, cpus), `limit ${count(limit)}, most entries ${count(peak)}`];
  if (after >= limit) return [fine(kubeProxy, seen, after, limit)];
  const remedy = [
    `To keep ${count(limit)}, set in its configuration: ${settingsFor(limit, cpus, kubeProxy)}`,
    'Or have it leave the limit to /etc/sysctl.d, with nf_conntrack in /etc/modules-load.d/nf_conntrack.conf: conntrack: { maxPerCore: 0 }',
  ];
  const isTight = peak >= TIGHT_USAGE * after;
  return [
    {
      id: isTight ? 'kube-proxy-will-fill' : 'kube-proxy-will-lower',
      severity: 'warning',
      title: `kube-proxy ${isSure ? 'will' : 'may'} lower the limit to ${count(after)} when it starts again`,
      seen: isSure ? seen : [...seen, unsureText(kubeProxy)],
      meaning: isTight
        ? `The entries there now are ${percent(peak / after)} of that: its next start, an upgrade for one, fills the table`
        : 'Somebody has set the limit higher, which its next start undoes',
      remedy,
      sysctls: [],
      ...(isTight && { alarms: ['kube_proxy_limit_low'] as const }),
    },
  ];
}

/** It writes the sysctl and is refused (permission denied), since the node is a container. */
function cannotLower(kubeProxy: KubeProxySettings, cpus: number, limit: number): Advice {
  const seen = [settingsText(kubeProxy, cpus), `the limit of ${count(limit)} is read-only in this container`];
  const title = 'kube-proxy cannot change the limit here';
  return { id: 'kube-proxy-cannot', severity: 'ok', title, seen, ...NOTHING_TO_DO };
}

function unsureText({ version }: KubeProxySettings): string {
  if (version === undefined) return 'its version is not known, and some versions leave a higher limit alone';
  return `a patch of 1.36 or 1.37 with kubernetes#142035 leaves a higher limit alone: see the changelog of ${version.text}`;
}

function silent({ message }: Problem): Advice {
  return {
    id: 'kube-proxy-silent',
    severity: 'ok',
    title: 'No kube-proxy answers: whether one would change the limit is not known',
    seen: [message],
    ...NOTHING_TO_DO,
  };
}

function fine(kubeProxy: KubeProxySettings, seen: readonly string[], after: number, limit: number): Advice {
  const title =
    after > limit
      ? `kube-proxy will raise the limit to ${count(after)} when it starts again`
      : 'The limit stays as it is when kube-proxy starts again';
  const timeouts = [
    timeoutText('established', kubeProxy.establishedSeconds),
    timeoutText('close_wait', kubeProxy.closeWaitSeconds),
  ].flatMap((text) => text ?? []);
  const all = timeouts.length === 0 ? seen : [...seen, `it sets ${timeouts.join(' and ')} too`];
  return { id: 'kube-proxy-fine', severity: 'ok', title, seen: all, ...NOTHING_TO_DO };
}

function settingsText({ mode, version, ...settings }: KubeProxySettings, cpus: number): string {
  const who = [version?.text, mode === undefined ? undefined : `mode ${mode}`].filter((part) => part !== undefined);
  const wanted = wantedLimit({ ...settings, version }, cpus);
  const what =
    wanted === undefined
      ? 'leaves the limit alone (conntrack.maxPerCore 0)'
      : `asks for ${count(wanted)}: conntrack.maxPerCore ${settings.maxPerCpu}, min ${settings.min}, ${count(cpus)} CPUs`;
  return `kube-proxy${who.length === 0 ? '' : ` ${who.join(', ')},`} ${what}`;
}

function timeoutText(state: string, seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : `tcp_timeout_${state} to ${duration(seconds)}`;
}

/** What carries the pods' connections, with what that rests on. */
export function adviceOnDatapath({ datapath }: Snapshot): Advice[] {
  if (datapath === undefined) return [];
  const { cni, proxy, carries, seen } = datapath;
  const title = CARRIER_TEXTS[carries];
  const all = [`as far as can be seen: network plugin ${cni}, services by ${proxy}`, ...seen];
  return [{ id: `datapath-${carries}`, severity: 'ok', title, seen: all, ...NOTHING_TO_DO }];
}

/** What must be read before everything else, and where to look instead. */
export function datapathNotice({ carries, bpfMetric, cni }: Datapath): string | undefined {
  const notice = carrierNotice(carries);
  if (notice === undefined) return undefined;
  const where = bpfMetric ?? `the maps of ${cni}`;
  return carries === 'bpf'
    ? `${notice}: see ${where}. What follows is about the rest of the node.`
    : `${notice}: see ${where} too.`;
}
