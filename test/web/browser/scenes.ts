/** Nodes in the states a person is called for. */
import { connectionProblem } from '../../../src/alertmanager/delivery.ts';
import { OperatorError } from '../../../src/model/operator-error.ts';
import type { FlowSampleJson, NewFlowsJson, TopFlowJson } from '../../../src/model/status-json.ts';
import { ScriptedAgent, SECOND } from '../../analysis/scrapers/scripted.ts';
import type { Scene } from './simulated-agent.ts';

const SOCKET = 'unix:/run/conntrack-agent/agent.sock';
const LIMIT = 262_144;
const NOW = 3600;

/** The same noise each time. */
function noise(second: number, size: number): number {
  const wave = Math.sin(second / 7.3) + Math.sin(second / 2.9 + 1) + Math.sin(second / 31 + 2) + Math.sin(second * 1.7);
  return (wave / 4) * size;
}

const everyday = (second: number) => 61_000 + 6000 * Math.sin(second / 900) + noise(second, 2500);

const topAddress = (address: string, share: number, off = 0.004): TopFlowJson => ({
  address,
  flows: Math.round(share * 214_900),
  share,
  low: Math.max(0, share - off),
  high: share + off,
});

const timeout = (name: string, seconds: number, shorterSeconds: number, share: number) => {
  const { address: _, ...shares } = topAddress(name, share);
  return { timeout: name, seconds, shorterSeconds, ...shares };
};
const idle = (destination: string, seconds: number) => ({ destination, seconds });

const FLOW_SAMPLE: FlowSampleJson = {
  state: 'taken',
  ageSeconds: 11,
  read: 20_031,
  isComplete: false,
  sources: [
    topAddress('10.42.3.17', 0.663, 0.0066),
    topAddress('10.42.3.18', 0.071),
    topAddress('10.42.0.5', 0.022, 0.002),
    topAddress('fd00:42::8', 0.011, 0.0015),
    topAddress('10.42.7.120', 0.004, 0.001),
  ],
  destinations: [
    topAddress('10.96.0.20:443/tcp', 0.661, 0.0066),
    topAddress('10.96.0.10:53/udp', 0.114),
    topAddress('10.96.0.31:5432/tcp', 0.052, 0.003),
    topAddress('[fd00:96::a]:53/udp', 0.011, 0.0015),
    topAddress('192.0.2.10:443/tcp', 0.006, 0.001),
  ],
  timeouts: [
    { ...timeout('tcp_timeout_established', 432_000, 7440, 0.412), longestIdle: idle('10.96.0.20:443/tcp', 320_000) },
    { ...timeout('tcp_timeout_time_wait', 120, 30, 0.083), longestIdle: idle('10.96.0.31:5432/tcp', 119) },
    { ...timeout('udp_timeout', 30, 10, 0.061), longestIdle: idle('10.96.0.10:53/udp', 29) },
  ],
};

const opener = (address: string, share: number) => {
  return { address, perSecond: share * 4100, share, low: share - 0.02, high: share + 0.02 };
};

const NEW_FLOWS: NewFlowsJson = {
  state: 'counted',
  ageSeconds: 4,
  windowSeconds: 0.49,
  lost: 0,
  perSecond: 4100,
  low: 3920,
  high: 4290,
  sources: [opener('10.42.3.17', 0.612), opener('10.42.3.18', 0.114), opener('fd00:42::8', 0.02)],
  destinations: [opener('10.96.0.20:443/tcp', 0.601), opener('10.96.0.10:53/udp', 0.2)],
  level: {
    perSecond: 4100,
    meanResidenceSeconds: 29.2,
    expected: 119_720,
    shortLived: 101_300,
    longLived: 113_600,
    conclusion: 'agrees',
  },
};

const LISTENER = '[::]:10098';

/** A Telegraf that reconnects, a Prometheus through nginx, one that keeps its connection, and a person with curl. */
const WATCHERS: Pick<Scene, 'scrapers' | 'alertmanagers'> = {
  scrapers: (() => {
    const agent = new ScriptedAgent();
    const at = (userAgent: string, address: string) => ({ userAgent, address, listener: LISTENER });
    const kept = agent.connect();
    for (let i = 0; i < 230; i += 1) {
      agent.scrape(at('Prometheus/3.5.3', '10.20.4.7'), kept, i === 0 ? 'new' : 'kept');
      agent.reconnects(at('Telegraf/1.29.1', '10.20.4.9'), i % 2, 0);
      agent.reconnects(at('Prometheus/2.42.0', '10.20.4.30'), i % 4 === 0 ? 1 : 0, 0, { notKept: 'http_1_0' });
      agent.nowMs += 15 * SECOND;
    }
    agent.scrape({ userAgent: 'Telegraf/1.29.1', address: '', listener: SOCKET }, agent.connect(), 'socket');
    agent.reconnects(at('curl/7.88.1', '10.20.4.2'), 4, 2 * SECOND);
    return agent.scrapers.reportsAt(agent.nowMs);
  })(),
  alertmanagers: [
    {
      url: 'http://alertmanager-0.monitoring:9093',
      isConnected: true,
      ageSeconds: 93_000,
      address: '10.20.4.8:9093',
      problem: undefined,
    },
    {
      url: 'http://alertmanager-1.monitoring:9093',
      isConnected: true,
      ageSeconds: 4,
      address: '10.20.4.11:9093',
      problem: connectionProblem(true, { isClosing: true, closedIdleMs: 5000 }),
    },
  ],
};

/** Full for the last four minutes; the kernel evicts what it can, and drops what finds no place. */
function flooded(second: number): number {
  if (second < NOW - 260) return everyday(second);
  const risen = everyday(second) + (second - NOW + 260) * 11_000;
  return Math.min(LIMIT - 2000 * (1 + Math.sin(second * 2.1)) * (second % 3 === 0 ? 1 : 0.2), risen);
}

const since = (second: number, start: number, perSecond: number) => Math.max(0, second - start) * perSecond;

export const SCENES = {
  healthy: { entries: everyday, counters: (second) => ({ invalid: second * 3, found: second * 2 }) },
  leak: {
    entries: (second) => everyday(second) * 0.8 + Math.max(0, second - 1500) * 82 + noise(second, 1500),
    counters: (second) => ({ invalid: second * 3 }),
    flowSample: FLOW_SAMPLE,
    newFlows: NEW_FLOWS,
  },
  burst: {
    entries: (second) => everyday(second) + (second % 610 < 2.4 && second > 1200 ? 183_000 : 0),
    counters: (second) => ({ invalid: second * 3 }),
  },
  flood: {
    entries: flooded,
    counters: (second) => ({
      drop: since(second, NOW - 240, 1932),
      early_drop: since(second, NOW - 240, 611),
      invalid: second * 3 + since(second, NOW - 240, 40),
    }),
    flowSample: FLOW_SAMPLE,
    newFlows: NEW_FLOWS,
  },
  insertFailures: {
    entries: everyday,
    counters: (second) => ({
      insert_failed: Math.floor(second / 4),
      drop: Math.floor(second / 4),
      invalid: second * 3,
    }),
  },
  lowered: {
    entries: everyday,
    limit: (second) => (second < NOW - 700 ? LIMIT : 49_152),
    counters: (second) => ({ drop: since(second, NOW - 690, 3) }),
  },
  noData: {
    entries: everyday,
    problems: {
      entries: new OperatorError('Cannot read "/proc/sys/net/netfilter/nf_conntrack_count": permission denied', {
        remedy: 'Run as a user who may read it, or point --path.procfs at a readable copy',
      }),
    },
  },
  notLoaded: { entries: () => undefined, isUnloaded: true },
  reconnects: { entries: everyday, counters: (second) => ({ invalid: second * 3 }), ...WATCHERS },
  foreignNamespace: {
    entries: () => 0,
    netns: { inHostNetns: false, why: "the node's address 10.20.0.14 is not on a local interface" },
  },
} satisfies Record<string, Scene>;
