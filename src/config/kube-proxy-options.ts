/** The flags of what kube-proxy tells of itself. */
import { isIP } from 'node:net';
import {
  boolean,
  IPV4_PATTERN,
  IPV6_PATTERN,
  type ListenAddress,
  listenAddress,
  type Option,
  PORT_PATTERN,
  type Value,
  value,
} from './option-values.ts';

/** Of an IP address alone: a name would have to be looked up. */
const numericAddress: Value<ListenAddress> = value(
  'an IP address and a port, as in 127.0.0.1:10249',
  (text) => {
    try {
      const address = listenAddress.parse(text);
      return isIP(address.host) === 0 || address.port === 0 ? undefined : address;
    } catch {
      return undefined;
    }
  },
  { kind: 'pattern', pattern: `^(${IPV4_PATTERN}|\\[${IPV6_PATTERN}\\]):${PORT_PATTERN}$`, unlike: ':0+$' },
);

export const KUBE_PROXY_OPTIONS = {
  collectKubeProxy: {
    flag: 'collector.kube-proxy',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: 'Ask kube-proxy once a minute, while the table has headroom, what it will set the limit to at its next start; doctor asks once unless this is turned off by name',
  },
  kubeProxyAddress: {
    flag: 'kube-proxy.address',
    kind: 'single',
    value: numericAddress,
    fallback: '127.0.0.1:10249',
    help: "Where kube-proxy's metrics are, its metricsBindAddress. Without this flag [::1]:10249 is queried too, where they are if its bindAddress is IPv6",
  },
} as const satisfies Record<string, Option>;
