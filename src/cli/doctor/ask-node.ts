import type { Problem } from '../../analysis/advice/snapshot.ts';
import { findAllowanceDevices, readAllowances } from '../../host/cloud-allowance.ts';
import type { Warn } from '../../host/counters-source.ts';
import type { KubeProxyAddress } from '../../host/kube-proxy.ts';
import type { ProcFs } from '../../host/proc-fs.ts';
import type { CloudReading } from '../../model/cloud-allowance.ts';
import type { KubeProxySettings } from '../../model/kube-proxy.ts';
import { describeError } from '../../model/operator-error.ts';

/** Reads the cloud's allowance, as often as it is called. Never rejects: what cannot be read is left out, with a warning. */
export type CloudReader = { read(): Promise<readonly CloudReading[]>; close(): void };

/** Undefined where no network driver tells of an allowance, and then libc is not loaded; nor beside a copied procfs. */
export async function openCloudReader(proc: ProcFs, warn: Warn): Promise<CloudReader | undefined> {
  if (!proc.isKernel()) return undefined;
  try {
    const devices = findAllowanceDevices();
    if (devices.length === 0) return undefined;
    const { openEthtool } = await import('../../host/ethtool-socket.ts');
    const ethtool = openEthtool();
    return {
      async read() {
        const { readings, problem } = await readAllowances(ethtool, devices);
        if (problem !== undefined) warn("the cloud's allowance is not known", problem);
        return readings;
      },
      close: () => ethtool.close(),
    };
  } catch (error) {
    warn("the cloud's allowance is not known", error);
    return undefined;
  }
}

export type AskKubeProxyParts = {
  readonly proc: ProcFs;
  readonly address: KubeProxyAddress;
  /** The address was given, and is asked alone. */
  readonly isConfigured: boolean;
  /** Whether one connection more does no harm. */
  readonly hasHeadroom: boolean;
  /** Called with the reason where it was asked in vain. */
  readonly report: (problem: Problem) => void;
};

/** What kube-proxy tells of itself; undefined where it does not, and where it would be another node's. Never rejects. */
export async function askKubeProxyOnce({
  proc,
  address,
  isConfigured,
  hasHeadroom,
  report,
}: AskKubeProxyParts): Promise<KubeProxySettings | undefined> {
  if (!hasHeadroom || !proc.isKernel()) return undefined;
  const { askKubeProxyAt, kubeProxyAddresses } = await import('../../host/kube-proxy.ts');
  try {
    return await askKubeProxyAt(kubeProxyAddresses(address, isConfigured));
  } catch (error) {
    report(describeError(error)); // Many nodes have none.
    return undefined;
  }
}
