import { describe, expect, it } from 'vitest';
import { annotationsOf, type TopAddresses } from '../../src/alertmanager/annotations.ts';
import { type AlarmId, alarmRow } from '../../src/model/alarms/alarms.ts';
import type { Status } from '../../src/model/status.ts';
import { portsUsed } from '../model/inputs.ts';
import { fullTable } from './notifications.ts';

function seen(status: Partial<Status> = {}): Status {
  const full = fullTable();
  return { ...full, ...status, inputs: { ...full.inputs, ...status.inputs } };
}

const descriptionOf = (id: AlarmId, status?: Partial<Status>, topAddresses?: TopAddresses) =>
  annotationsOf(alarmRow(id), 'node-1', seen(status), topAddresses).description;

/** Numbers on every alarm, on a table that is high and not full. */
const HIGH: Partial<Status> = {
  entries: 235_930,
  usage: 235_930 / 262_144,
  peak: 240_000,
  growthPerSecond: 31,
  secondsUntilFull: 845,
  dropsByCause: { table_full: 3, tracker: 300, memory: 0, unknown: 12 },
  isDropping: false,
  kubeProxyLimit: 131_072,
  cloud: {
    devices: [],
    available: 57,
    growthPerSecond: undefined,
    secondsUntilExceeded: undefined,
    dropped: 5000,
    droppedLastMinute: 1234,
  },
  inputs: {
    ...fullTable().inputs,
    entriesPerBucket: 4.25,
    chainsTooLong: 12,
    insertFailuresPerSecond: 0.2,
    snatPortsExhaustedPerSecond: 3.1,
    natWithoutPortsPerSecond: 4.2,
    protocolsWithoutPorts: ['GRE', 'ESP'],
    unexplainedFailuresPerSecond: 0.3,
    snatPorts: portsUsed(0.97),
    invalidPacketsPerSecond: 341,
    limit: 262_144,
    highestLimit: 1_048_576,
    lowestLimit: 262_144,
    dropsBelowLimitPerSecond: 0.5,
    kubeProxyLimit: 131_072,
    cloudDropsLastMinute: 1234,
    noDataReasons: ['wrong network namespace', 'samples are late'],
    reconnectingScrapers: ['Telegraf/1.29.1 at 10.0.0.5 came over a new connection in 58 of 58 scrapes'],
    unscrapedMs: 754_000,
    failingAlertmanagers: ['http://alertmanager:9093: status 401'],
  },
};

const TABLE = '235,930 of 262,144 entries (90 %), peak 240,000.';
const PORTS = 'Most used: 10.0.0.5 to 192.0.2.1:443/tcp, 97 % of the ports.';
const WITHOUT_PORTS = 'Source NAT translates protocols without ports: GRE, ESP.';
const TREND = 'Growth +31 entries a second, full in about 14 min.';

const TEXTS: Readonly<Record<AlarmId, readonly [summary: string, description: string]>> = {
  table_full: [
    'Node node-1 drops new connections: its connection tracking table is full',
    `New connections are dropped, DNS first; established ones go on. ${TABLE} 3 packets dropped because the table was full since the agent started. ${TREND}`,
  ],
  table_nearly_full: [
    'Node node-1 has almost no headroom left in its connection tracking table',
    `It will soon drop new connections. ${TABLE} ${TREND}`,
  ],
  table_filling_up: [
    'Node node-1 will have a full connection tracking table within minutes',
    `It is filling up to a level that it has not come back from in the last hour. ${TABLE} ${TREND}`,
  ],
  table_high: [
    'Node node-1 often uses most of its connection tracking table',
    `A burst may fill it, and then new connections are dropped. ${TABLE} ${TREND}`,
  ],
  insert_failures: [
    'Node node-1 loses packets because two packets of one new flow race',
    `One of the two packets was dropped. The usual case to check is DNS: A and AAAA queries from one port. The table is not full: a higher limit does not help. 0.20 insert failures a second over ten minutes. ${WITHOUT_PORTS} ${TABLE}`,
  ],
  snat_ports_exhausted: [
    'Node node-1 drops new flows because source NAT has no free port for them',
    `All ports of a translated address are taken by flows to one destination. The table is not full: neither a higher limit nor a DNS cache helps. 3.1 new flows a second dropped over ten minutes. ${PORTS} ${TABLE}`,
  ],
  nat_without_ports: [
    'Node node-1 drops flows because NAT has no port to tell them apart by',
    `Two clients send a protocol without ports, such as GRE or ESP, through one translated address to one destination, or a NAT rule names one port or two. The table is not full: neither a higher limit nor a DNS cache helps. 4.2 packets a second dropped over ten minutes. ${WITHOUT_PORTS} ${TABLE}`,
  ],
  insert_failures_unexplained: [
    'Node node-1 loses packets to failed insertions of unknown cause',
    `Either two packets of one new flow raced, or NAT had no free port or no port to choose; the counters do not show which. The table is not full: a higher limit does not help. 0.30 such failures a second over ten minutes. ${WITHOUT_PORTS} ${PORTS} ${TABLE}`,
  ],
  drops_below_limit: [
    'Node node-1 drops packets although its connection tracking table has headroom',
    `The tracker of a protocol refuses them, or memory for their entries is missing. A higher limit does not help, and makes a lack of memory worse. 0.50 packets a second over ten minutes; since the agent started 300 refused by the tracker of a protocol, 0 while memory was short, 12 of unknown cause. ${TABLE}`,
  ],
  snat_ports_low: [
    'Node node-1 has few ports left for source NAT to one destination',
    `When all are taken, new flows to that destination are dropped; others are served. ${PORTS}`,
  ],
  chains_too_long: [
    'Node node-1 has too few hash buckets for its connection tracking table',
    `It refuses connections because a hash chain is too long, or walks long chains for each packet. 4.3 entries per bucket, 12 insertions refused within ten minutes. ${TABLE}`,
  ],
  invalid_packets: [
    'Node node-1 sees many packets that fit no connection',
    'They are not translated, and often dropped by firewall rules. The usual causes: replies that take another way than requests, long-lived connections whose entry is gone, a scan. 341 invalid packets a second over five minutes.',
  ],
  limit_lowered: [
    'Node node-1 had its limit of connection tracking entries lowered',
    `kube-proxy sets the limit when it starts, and may lower what an operator has set. The limit was lowered to 262,144 entries; within the last hour it was 1,048,576. ${TABLE}`,
  ],
  cloud_allowance_exceeded: [
    'Node node-1 loses new connections to the limit of its cloud, not to its own',
    `The cloud tracks the connections of the instance in a table of its own and drops what exceeds its allowance. A higher limit of the node does not help. 57 more connections can be tracked by the cloud, 1,234 packets dropped by it within a minute. ${TABLE}`,
  ],
  cloud_allowance_low: [
    'Node node-1 has almost used up the connections that its cloud tracks for it',
    `Beyond them the cloud drops new connections, whatever headroom the table of the node has. 57 more connections can be tracked by the cloud, 1,234 packets dropped by it within a minute. ${TABLE}`,
  ],
  kube_proxy_limit_low: [
    'Node node-1 will have a full table when kube-proxy starts again and lowers the limit',
    `kube-proxy sets the limit from its own configuration when it starts, and that is lower than what is in use. The limit is 262,144 entries; after the next start of kube-proxy it will be 131,072. ${TABLE}`,
  ],
  no_data: [
    'Node node-1 has an agent that does not see its connection tracking table',
    'The agent answers, but its numbers are not the state of the node. Other alerts of this node may be missing because of it. Reason: wrong network namespace; samples are late.',
  ],
  scraper_reconnects: [
    'Node node-1 has a scraper that stops when its connection tracking table is full',
    'It opens a new connection for each scrape, or has lost the one that it kept, and a full table lets no new connection in. Within the last hour Telegraf/1.29.1 at 10.0.0.5 came over a new connection in 58 of 58 scrapes.',
  ],
  no_scraper: [
    'Node node-1 has an agent that nobody scrapes any more',
    'Until somebody does, only direct alerts like this one tell of its connection tracking table. The last scrape was 12 min 34 s ago.',
  ],
  direct_alerts_failing: [
    'Node node-1 has an agent that cannot deliver alerts to an Alertmanager',
    'The Alertmanager refuses its posts or does not answer them. If Prometheus cannot scrape the node either, nobody is alerted. Not delivered to http://alertmanager:9093: status 401.',
  ],
};

describe('annotationsOf()', () => {
  it.each(Object.entries(TEXTS))('tells a person of %s', (id, [summary, description]) => {
    const row = alarmRow(id as AlarmId);
    expect(annotationsOf(row, 'node-1', seen(HIGH))).toEqual({
      summary,
      description,
      runbook_url: expect.stringMatching(new RegExp(`/docs/runbooks/${row.alertname}\\.md$`)),
    });
  });

  it('says of a table at its limit whether it drops, and claims neither where the counters do not tell', () => {
    const atLimit = (isDropping: boolean | undefined): Status => {
      const full = { ...fullTable(), usage: 1, isDropping };
      return { ...full, inputs: { ...full.inputs, usage: 1, isDropping } };
    };
    const textOf = (id: AlarmId, isDropping: boolean | undefined) => {
      const { summary, description } = annotationsOf(alarmRow(id), 'n', atLimit(isDropping));
      return `${summary}. ${description}`;
    };
    expect(textOf('table_nearly_full', false)).toContain('It is full, nothing dropped yet');
    expect(textOf('table_nearly_full', true)).not.toContain('nothing dropped');
    expect(textOf('table_full', true)).toContain('drops new connections: its connection tracking table is full');
    expect(textOf('table_full', undefined)).toMatch(
      /has a full connection tracking table.*Whether any were is not known/,
    );
    expect(textOf('table_full', undefined)).not.toMatch(/Node n drops|being dropped/);
  });

  it('says of a full table that packets are being dropped', () => {
    expect(descriptionOf('table_full')).toBe(
      'New connections are dropped, DNS first; established ones go on. 261,120 of 262,144 entries (99.6 %), peak 262,144. Packets are being dropped because the table is full. Growth +1,240 entries a second, full now.',
    );
  });

  it.each<[string, Partial<Status>, string]>([
    [
      'never shows infinity as a number',
      { secondsUntilFull: Number.POSITIVE_INFINITY, growthPerSecond: 0 },
      'Growth 0 entries a second, not filling.',
    ],
    [
      'shows a table that empties',
      { secondsUntilFull: Number.POSITIVE_INFINITY, growthPerSecond: -1500.4 },
      'Growth −1,500 entries a second, not filling.',
    ],
    [
      'shows a slow leak',
      { secondsUntilFull: 45.2, growthPerSecond: 0.3 },
      'Growth +0.3 entries a second, full in about 45 s.',
    ],
    ['shows minutes', { secondsUntilFull: 200 }, 'full in about 3 min.'],
    ['shows hours', { secondsUntilFull: 7500 }, 'full in about 2 h.'],
    ['shows days', { secondsUntilFull: 400_000 }, 'full in about 5 days.'],
    ['does not round the last second away', { secondsUntilFull: 0.2 }, 'full in about 1 s.'],
    [
      'does not call it full before it is',
      { entries: 9997, limit: 10_000, usage: 0.9997 },
      '9,997 of 10,000 entries (99.9 %)',
    ],
    ['shows a count above the limit', { entries: 12, limit: 10, usage: 1.2 }, '12 of 10 entries (120 %)'],
    ['says when the time is not known', { secondsUntilFull: undefined }, 'time to full unknown.'],
  ])('%s', (_sentence, status, expected) => {
    expect(descriptionOf('table_full', status)).toContain(expected);
  });

  it('leaves out what is not known', () => {
    const unknown = {
      entries: undefined,
      peak: undefined,
      growthPerSecond: undefined,
      isDropping: false,
      tableFullDrops: undefined,
    };
    const { meaning } = alarmRow('table_full');
    expect(descriptionOf('table_full', unknown)).toBe(meaning);
    expect(descriptionOf('table_full', { ...unknown, entries: 1, limit: 4, usage: 0.25 })).toBe(
      `${meaning} 1 of 4 entries (25 %).`,
    );
  });

  const TOP: TopAddresses = {
    sources: [
      { address: '10.0.0.7', share: 0.812 },
      { address: 'fd00::1', share: 0.05 },
    ],
    destinations: [{ address: '10.96.0.10:53/udp', share: 0.4 }],
  };

  it('names the top sources and destinations where a flow sample tells, of alarms on the table', () => {
    expect(descriptionOf('table_full', {}, { ...TOP, destinations: [] })).toMatch(
      /\. Top sources: 10\.0\.0\.7 \(81\.2 %\), fd00::1 \(5 %\)\.$/,
    );
    expect(descriptionOf('table_high', {}, TOP)).toMatch(/ Top destinations: 10\.96\.0\.10:53\/udp \(40 %\)\.$/);
    expect(descriptionOf('no_data', {}, TOP)).not.toContain('Top');
  });

  it('names who opens most new flows, where that is one who stands out', () => {
    const newFlows = { perSecond: 4100, top: { address: '10.42.3.17', share: 0.61 } };
    const opened = / 10\.42\.3\.17 opens 61 % of 4,100 new flows a second\.$/;
    expect(descriptionOf('table_full', {}, { ...TOP, newFlows })).toMatch(opened);
    const many = { perSecond: 4100, top: { address: '10.42.3.17', share: 0.01 } };
    expect(descriptionOf('table_full', {}, { ...TOP, newFlows: many })).toMatch(/\. 4,100 new flows a second\.$/);
    expect(descriptionOf('no_data', {}, { ...TOP, newFlows })).not.toMatch(opened);
  });
});
