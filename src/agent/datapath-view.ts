import { datapathOf } from '../analysis/datapath.ts';
import type { DatapathFacts } from '../host/datapath.ts';
import type { Datapath } from '../model/datapath.ts';
import { hasKubeProxyTimeouts } from '../model/kube-proxy.ts';
import type { Timeout } from '../model/reading.ts';

/** How the node connects its pods, judged anew only when something has changed: a node may have thousands of interfaces. */
export class DatapathView {
  #facts: DatapathFacts | undefined;
  #key = '';
  #datapath: Datapath | undefined;

  update(facts: DatapathFacts): void {
    this.#facts = facts;
    this.#key = '';
  }

  /** Undefined before the first facts, and where nothing shows. */
  of(kubeProxyMode: string | undefined, timeouts: readonly Timeout[]): Datapath | undefined {
    if (this.#facts === undefined) return undefined;
    const hasTimeouts = hasKubeProxyTimeouts(timeouts);
    const key = `${kubeProxyMode} ${hasTimeouts}`;
    if (key !== this.#key) {
      this.#key = key;
      this.#datapath = datapathOf({ ...this.#facts, kubeProxyMode, hasKubeProxyTimeouts: hasTimeouts });
    }
    return this.#datapath;
  }
}
