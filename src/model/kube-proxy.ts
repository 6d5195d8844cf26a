/** What kube-proxy does to the limit when it starts, by its settings, its version and the CPUs of the node. */
import type { Timeout } from './reading.ts';

export type KubeVersion = {
  readonly major: number;
  readonly minor: number;
  /** Undefined where the version has none. */
  readonly patch?: number | undefined;
  /** With what a vendor has appended, as in v1.36.4-gke.100. */
  readonly text: string;
};

/** What kube-proxy tells of itself on its metrics port. */
export type KubeProxySettings = {
  /** iptables, ipvs or nftables; undefined where it says something else. */
  readonly mode: string | undefined;
  readonly version: KubeVersion | undefined;
  /** conntrack.maxPerCore; 0 leaves the limit alone. */
  readonly maxPerCpu: number;
  /** conntrack.min. */
  readonly min: number;
  /** Seconds; undefined where it leaves the timeout alone. */
  readonly establishedSeconds: number | undefined;
  readonly closeWaitSeconds: number | undefined;
};

/** Defaults of conntrack.maxPerCore and conntrack.min (pkg/proxy/apis/config/v1alpha1/defaults.go). */
const MAX_PER_CPU = 32_768;
const MIN = 131_072;
/** Highest limit that is scaled by CPUs, since Kubernetes 1.36; conntrack.min is ignored above it (getConntrackMax, kubernetes#137002). */
const SCALED_LIMIT_MAX = 1_048_576;
const CAPPED_FROM = 36;
/**
 * Versions that raise the limit and never lower it: 1.23 to 1.28 (kubernetes#103174, taken back in 1.29 by #120448), and from
 * 1.38.0-alpha.1 on (#142035).
 */
function isRaisingOnly({ major, minor, text }: KubeVersion): boolean {
  if (major !== 1) return false;
  return (minor >= 23 && minor <= 28) || (minor >= 38 && !text.includes('.0-alpha.0'));
}

/**
 * Minor versions to which #142035 was proposed for a later patch: 1.36 (#142199) and 1.37 (#142198). Their first releases do not have
 * it, and which patch is the first to have it is not known here.
 */
const MAYBE_FIXED: ReadonlySet<number> = new Set([36, 37]);

/** Whether a version sets a lower limit than the present one for certain, given that its settings ask for one. */
export function isSureToLower(version: KubeVersion | undefined): boolean {
  if (version === undefined || version.major !== 1) return false;
  return !isRaisingOnly(version) && (!MAYBE_FIXED.has(version.minor) || version.patch === 0);
}

type Settings = Pick<KubeProxySettings, 'maxPerCpu' | 'min' | 'version'>;

/** What these settings ask for; undefined where they leave the limit alone. A version that is not known may be a new one. */
export function wantedLimit({ maxPerCpu, min, version }: Settings, cpus: number): number | undefined {
  if (maxPerCpu <= 0) return undefined;
  const scaled = maxPerCpu * cpus;
  if (isCapped(version) && scaled > SCALED_LIMIT_MAX) return SCALED_LIMIT_MAX;
  return Math.max(scaled, min);
}

/** The limit after the next start of kube-proxy. */
export function limitAfterStart(settings: Settings, cpus: number, limit: number): number {
  const wanted = wantedLimit(settings, cpus);
  if (wanted === undefined) return limit;
  return settings.version !== undefined && isRaisingOnly(settings.version) ? Math.max(wanted, limit) : wanted;
}

/** What kube-proxy asks for by default: of the old versions and the new ones, the lower. */
export function defaultLimit(cpus: number): number {
  return wantedLimit({ maxPerCpu: MAX_PER_CPU, min: MIN, version: undefined }, cpus)!;
}

/** The same of versions before 1.36, which know no highest limit. */
export function uncappedDefaultLimit(cpus: number): number {
  return Math.max(MAX_PER_CPU * cpus, MIN);
}

/**
 * Configuration of kube-proxy with which it sets this limit on a node of so many CPUs, whatever its version: where the limit that
 * is scaled by CPUs would be higher, or cut off, fewer per CPU let conntrack.min decide.
 */
export function settingsFor(limit: number, cpus: number, { maxPerCpu }: Pick<Settings, 'maxPerCpu'>): string {
  const most = Math.floor(Math.min(limit, SCALED_LIMIT_MAX) / cpus);
  const perCpu = Math.max(1, Math.min(maxPerCpu > 0 ? maxPerCpu : MAX_PER_CPU, most));
  return `conntrack: { maxPerCore: ${perCpu}, min: ${limit} }`;
}

/** Whether both timeouts have kube-proxy's defaults of 24 h and 1 h, which little else sets. */
export function hasKubeProxyTimeouts(timeouts: readonly Timeout[]): boolean {
  const has = (wanted: string, of: number) =>
    timeouts.some(({ protocol, state, seconds }) => protocol === 'tcp' && state === wanted && seconds === of);
  return has('established', 86_400) && has('close_wait', 3600);
}

function isCapped(version: KubeVersion | undefined): boolean {
  return version === undefined || version.major > 1 || version.minor >= CAPPED_FROM;
}
