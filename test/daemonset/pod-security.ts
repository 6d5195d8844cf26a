/** The Pod Security Standards, level "restricted", as far as a pod template can violate them (pod-security.kubernetes.io, v1.30). */

type Container = {
  readonly name: string;
  readonly ports?: readonly { readonly containerPort?: number; readonly hostPort?: number }[];
  readonly securityContext?: Record<string, unknown> & {
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
    readonly seccompProfile?: { readonly type?: string };
  };
};

export type PodSpec = Record<string, unknown> & {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Record<string, unknown>[];
  readonly securityContext?: Record<string, unknown> & { readonly seccompProfile?: { readonly type?: string } };
};

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** What "restricted" forbids, by the name of the control and of the container. */
export function podSecurityViolations(pod: PodSpec): string[] {
  const all = [...(pod.initContainers ?? []), ...pod.containers];
  const host = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => pod[field] === true);
  const volumes = (pod.volumes ?? []).flatMap((volume) =>
    Object.keys(volume).filter((key) => key !== 'name' && !VOLUMES.includes(key)),
  );
  const sysctls = (pod.securityContext?.['sysctls'] as unknown[] | undefined)?.length ? ['sysctls'] : [];
  return [...host, ...volumes, ...sysctls, ...all.flatMap((container) => containerViolations(pod, container))];
}

function containerViolations(pod: PodSpec, { name, ports = [], securityContext: own = {} }: Container): string[] {
  const setting = (key: string) => own[key] ?? pod.securityContext?.[key];
  const { add = [], drop = [] } = own.capabilities ?? {};
  const seccomp = (own.seccompProfile ?? pod.securityContext?.seccompProfile)?.type;
  // With hostNetwork the API server makes each containerPort a hostPort.
  const isHostPort = ports.some(({ hostPort }) => hostPort !== undefined || pod['hostNetwork'] === true);
  const checks: readonly (readonly [string, boolean])[] = [
    ['hostPort', isHostPort],
    ['privileged', own['privileged'] === true],
    ['procMount', own['procMount'] !== undefined],
    ['allowPrivilegeEscalation', own['allowPrivilegeEscalation'] !== false],
    ['capabilities are not all dropped', !drop.includes('ALL')],
    ...add.map((capability) => [capability, capability !== 'NET_BIND_SERVICE'] as const),
    ['seccomp', seccomp !== 'RuntimeDefault' && seccomp !== 'Localhost'],
    ['runAsNonRoot', setting('runAsNonRoot') !== true],
    ['runAsUser 0', setting('runAsUser') === 0],
  ];
  return checks.filter(([, isViolated]) => isViolated).map(([control]) => `${name}: ${control}`);
}
