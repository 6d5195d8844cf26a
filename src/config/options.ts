import { isIP } from 'node:net';
import { THRESHOLD_ENTRIES, type ThresholdKey, type ThresholdRow } from '../model/alarms/thresholds.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../model/log.ts';
import { TIMEOUT_SETS } from '../model/reading.ts';
import { ALERTMANAGER_OPTIONS } from './alertmanager-flags.ts';
import { FLOW_OPTIONS, NETNS_OPTIONS } from './flow-options.ts';
import {
  boolean,
  durationIn,
  durationText,
  folder,
  HOST_NAME,
  hostName,
  IPV4_PATTERN,
  IPV6_PATTERN,
  ipAddress,
  type ListenAddress,
  listenAddress,
  nodeName,
  numberIn,
  type Option,
  oneOf,
  PORT_PATTERN,
  socketPath,
  telemetryPath,
  type Value,
  value,
} from './option-values.ts';

/** The flags `--alarm.*`, made from the table of thresholds. */

type AlarmOption = Option & { readonly kind: 'single'; readonly value: Value<number>; readonly fallback: string };

export const ALARM_OPTIONS = Object.fromEntries(THRESHOLD_ENTRIES.map(([key, row]) => [key, optionOf(row)])) as {
  readonly [K in ThresholdKey]: AlarmOption;
};

function optionOf({ flag, kind, fallback, from, to, help }: ThresholdRow): AlarmOption {
  const isDuration = kind === 'duration';
  return {
    flag: `alarm.${flag}`,
    kind: 'single',
    value: isDuration ? durationIn(from, to) : numberIn(from, to),
    fallback: isDuration ? durationText(fallback) : String(fallback),
    help,
  };
}

/** The flags of what kube-proxy tells of itself. */

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

const KUBE_PROXY_OPTIONS = {
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

/** Every flag the agent has. The command line, the variables, the help and the table of docs/configuration.md all come from here. */

export const OPTIONS = {
  procRoot: {
    flag: 'path.procfs',
    kind: 'single',
    value: folder,
    fallback: '/proc',
    help: "Where the node's procfs is mounted",
  },
  listenAddresses: {
    flag: 'web.listen-address',
    kind: 'list',
    value: listenAddress,
    fallback: ':10098',
    help: 'Address to serve on; port 0 picks a free one and logs it',
  },
  socketPath: {
    flag: 'web.socket',
    kind: 'single',
    value: socketPath,
    fallback: '/run/conntrack-agent/agent.sock',
    help: 'Unix socket with the same routes, which answers even when the table is full',
  },
  telemetryPath: {
    flag: 'web.telemetry-path',
    kind: 'single',
    value: telemetryPath,
    fallback: '/metrics',
    help: 'Where the metrics are served',
  },
  keepAliveMs: {
    flag: 'web.keep-alive',
    kind: 'single',
    value: durationIn(1000, 86_400_000),
    fallback: '10m',
    help: 'How long an idle connection is kept; it must outlive the scrape interval, for a full table lets no new one in',
  },
  untracked: {
    flag: 'web.untracked',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: 'Connections to the agent are exempt from connection tracking (component untracked), so that a scraper that reconnects goes on while the table is full; this flag exempts nothing by itself',
  },
  webConfigFile: {
    flag: 'web.config.file',
    kind: 'single',
    value: folder,
    fallback: undefined,
    help: 'TLS, client certificates, passwords and headers for TCP, in the format of all Prometheus exporters; read again when it changes',
  },
  allowedHosts: {
    flag: 'web.allowed-host',
    kind: 'list',
    value: hostName,
    fallback: undefined,
    help: "Name by which a browser may ask over TCP, besides IP addresses, names without a dot and the node's name; others are refused to stop DNS rebinding",
  },
  sampleMs: {
    flag: 'sample.interval',
    kind: 'single',
    value: durationIn(10, 10_000),
    fallback: '100ms',
    help: 'Time between two samples of the table',
  },
  peakWindowMs: {
    flag: 'sample.peak-window',
    kind: 'single',
    value: durationIn(1000, 3_600_000),
    fallback: '60s',
    help: 'How far back conntrack_entries_peak looks; at least the scrape interval',
  },
  nodeName: {
    flag: 'node.name',
    kind: 'single',
    value: nodeName,
    fallback: HOST_NAME,
    variable: 'NODE_NAME',
    help: "The node's name, for the page and the log",
  },
  nodeIp: {
    flag: 'node.ip',
    kind: 'single',
    value: ipAddress,
    fallback: undefined,
    variable: 'NODE_IP',
    help: "The node's address; if no local interface has it, the agent is not in the node's network namespace",
  },
  logLevel: {
    flag: 'log.level',
    kind: 'single',
    value: oneOf(LOG_LEVELS),
    fallback: 'info',
    help: 'The least that is logged',
  },
  logFormat: {
    flag: 'log.format',
    kind: 'single',
    value: oneOf(LOG_FORMATS),
    fallback: 'json',
    help: 'How a log line is written',
  },
  collectCounters: {
    flag: 'collector.counters',
    kind: 'switch',
    value: boolean,
    fallback: 'true',
    help: "Export the kernel's per-CPU counters: losses by cause",
  },
  countersVia: {
    flag: 'collector.counters.via',
    kind: 'single',
    value: oneOf(['auto', 'ctnetlink', 'procfs']),
    fallback: 'auto',
    help: 'Where the counters are read; auto asks ctnetlink where CAP_NET_ADMIN allows, else procfs',
  },
  timeouts: {
    flag: 'collector.timeouts',
    kind: 'single',
    value: oneOf(TIMEOUT_SETS),
    fallback: 'common',
    help: 'Which flow timeouts are exported: the six of tcp and udp that decide how full a table is, all that the kernel has, or none',
  },
  ...KUBE_PROXY_OPTIONS,
  ...FLOW_OPTIONS,
  ...NETNS_OPTIONS,
  ...ALERTMANAGER_OPTIONS,
  ...ALARM_OPTIONS,
} as const satisfies Record<string, Option>;

export type OptionKey = keyof typeof OPTIONS;

type ValueOf<O extends Option> = ReturnType<O['value']['parse']>;
type SettingOf<O extends Option> = O['kind'] extends 'list'
  ? readonly ValueOf<O>[]
  : O['fallback'] extends undefined
    ? ValueOf<O> | undefined
    : ValueOf<O>;

/** One value per option; names that end in `Ms` are milliseconds. `socketPath` and `nodeIp` are undefined when off or unknown. */
export type Settings = { readonly [K in OptionKey]: SettingOf<(typeof OPTIONS)[K]> };

export type Config = Settings & {
  /** What the operator named, by flag or variable; the rest are defaults and may be given up with a warning. */
  readonly given: ReadonlySet<OptionKey>;
};

/** The settings that could be parsed; the others have been reported already. */
export type PartialSettings = { readonly [K in OptionKey]?: Settings[K] };

/** The flag or variable each setting was given by; absent for defaults. */
export type Origins = ReadonlyMap<OptionKey, string>;

export const OPTION_ENTRIES = Object.entries(OPTIONS) as readonly (readonly [OptionKey, Option])[];

/** `web.keep-alive` as `CONNTRACK_AGENT_WEB_KEEP_ALIVE`. */
export function variableOf(flag: string): string {
  return `${VARIABLE_PREFIX}${flag.replaceAll(/[.-]/g, '_').toUpperCase()}`;
}

export const VARIABLE_PREFIX = 'CONNTRACK_AGENT_';

/** The flag as the help names it, both forms of a switch in one. */
export function flagText({ flag, kind }: Option): string {
  return kind === 'switch' ? `--[no-]${flag}` : `--${flag}`;
}

/** Where the value comes from when the operator says nothing: text for people. */
export function defaultText({ kind, fallback, variable }: Option): string {
  const last = kind === 'switch' ? (fallback === 'true' ? 'on' : 'off') : fallback;
  const steps = [variable === undefined ? undefined : `$${variable}`, last === HOST_NAME ? last.description : last];
  return steps.filter((step) => step !== undefined).join(', else ') || 'none';
}

/** What can be asked of the agent; the first is what it does unasked. */
export const COMMANDS = {
  serve: 'Watch the table and serve its metrics (the default)',
  healthcheck: 'Ask the running agent over its unix socket whether it is well: a liveness probe',
  readycheck: 'Ask it over the same socket whether it sees its own node: a readiness probe',
  flows: 'Show who fills the table: sources, destinations, prefixes, states',
  doctor: 'Look at the node for three seconds and say what is wrong and what to do',
  help: 'Print this',
} as const;

export type Command = keyof typeof COMMANDS;
