import { type AlarmNumber, type AlarmRow, alarmWords } from '../model/alarms/alarm.ts';
import { runbookUrl } from '../model/alarms/alarms.ts';
import { portsText } from '../model/flows.ts';
import type { Status } from '../model/status.ts';
import { count, percent, rate, roughly, signedRate, span } from '../model/text/numbers.ts';

/** An address and its share of the table, 0 to 1. */
type TopAddress = { readonly address: string; readonly share: number };

/** The addresses with the most flows, largest first, where there is a flow sample. */
export type TopAddresses = {
  readonly sources: readonly TopAddress[];
  readonly destinations: readonly TopAddress[];
  /** New flows a second, and who opens most of them; undefined where they are not counted. */
  readonly newFlows?: { readonly perSecond: number; readonly top: TopAddress | undefined } | undefined;
};

export type Annotations = {
  readonly summary: string;
  readonly description: string;
  readonly runbook_url: string;
};

/** An opener with a smaller share of the new flows is not named. */
const WORTH_NAMING = 0.05;

type AlarmText = Pick<AlarmRow, 'alertname' | 'label' | 'summary' | 'meaning' | 'uncounted' | 'numbers'>;

/** The text of a direct alert, as the table of alarms words it. Numbers that are not known are left out. */
export function annotationsOf(
  alarm: AlarmText,
  node: string,
  status: Status,
  topAddresses?: TopAddresses,
): Annotations {
  const words = alarmWords(alarm, status.inputs);
  const isOnTable = alarm.numbers.includes('table');
  const sentences = [
    words.meaning,
    ...alarm.numbers.map((number) => SENTENCES[number](status)),
    isOnTable ? topText('sources', topAddresses?.sources) : undefined,
    isOnTable ? topText('destinations', topAddresses?.destinations) : undefined,
    isOnTable ? openerText(topAddresses?.newFlows) : undefined,
  ];
  return {
    summary: `Node ${node} ${words.summary}`,
    description: sentences.filter((sentence) => sentence !== undefined).join(' '),
    runbook_url: runbookUrl(alarm.alertname),
  };
}

const SENTENCES: Readonly<Record<AlarmNumber, (status: Status) => string | undefined>> = {
  table({ entries, limit, usage, peak }) {
    if (entries === undefined || limit === undefined || usage === undefined) return undefined;
    const highest = peak === undefined ? '' : `, peak ${count(peak)}`;
    return `${count(entries)} of ${count(limit)} entries (${percent(usage)})${highest}.`;
  },
  trend({ growthPerSecond, secondsUntilFull }) {
    if (growthPerSecond === undefined) return undefined;
    return `Growth ${signedRate(growthPerSecond)} entries a second, ${untilFull(secondsUntilFull)}.`;
  },
  drops({ isDropping, tableFullDrops }) {
    if (isDropping) return 'Packets are being dropped because the table is full.';
    if (tableFullDrops === undefined) return undefined;
    return `${count(tableFullDrops)} packets dropped because the table was full since the agent started.`;
  },
  atLimit({ usage = 0, isDropping }) {
    if (usage < 1 || isDropping !== false) return undefined;
    return 'It is full, nothing dropped yet: at its limit the kernel evicts flows without a reply for new ones, and drops these when it finds none.';
  },
  dropsBelowLimit({ dropsByCause, inputs: { dropsBelowLimitPerSecond: perSecond } }) {
    if (perSecond === undefined || dropsByCause === undefined) return undefined;
    const { tracker, memory, unknown } = dropsByCause;
    const by = `${count(tracker)} refused by the tracker of a protocol, ${count(memory)} while memory was short, ${count(unknown)} of unknown cause`;
    return `${rate(perSecond)} packets a second over ten minutes; since the agent started ${by}.`;
  },
  insertFailures({ inputs: { insertFailuresPerSecond: perSecond, protocolsWithoutPorts } }) {
    if (perSecond === undefined) return undefined;
    return `${rate(perSecond)} insert failures a second over ten minutes.${withoutPortsText(protocolsWithoutPorts)}`;
  },
  snatPortsExhausted({ inputs: { snatPortsExhaustedPerSecond: perSecond } }) {
    return perSecond === undefined ? undefined : `${rate(perSecond)} new flows a second dropped over ten minutes.`;
  },
  natWithoutPorts({ inputs: { natWithoutPortsPerSecond: perSecond, protocolsWithoutPorts } }) {
    if (perSecond === undefined) return undefined;
    return `${rate(perSecond)} packets a second dropped over ten minutes.${withoutPortsText(protocolsWithoutPorts)}`;
  },
  unexplainedFailures({ inputs: { unexplainedFailuresPerSecond: perSecond, protocolsWithoutPorts } }) {
    if (perSecond === undefined) return undefined;
    return `${rate(perSecond)} such failures a second over ten minutes.${withoutPortsText(protocolsWithoutPorts)}`;
  },
  snatPorts({ inputs: { snatPorts } }) {
    return snatPorts && `Most used: ${portsText(snatPorts)}.`;
  },
  chains({ inputs: { entriesPerBucket, chainsTooLong } }) {
    const parts = [
      entriesPerBucket === undefined ? undefined : `${entriesPerBucket.toFixed(1)} entries per bucket`,
      chainsTooLong === undefined ? undefined : `${count(chainsTooLong)} insertions refused within ten minutes`,
    ].filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : `${parts.join(', ')}.`;
  },
  invalidPackets({ inputs: { invalidPacketsPerSecond: perSecond } }) {
    return perSecond === undefined ? undefined : `${rate(perSecond)} invalid packets a second over five minutes.`;
  },
  limit({ inputs: { lowestLimit, highestLimit } }) {
    if (lowestLimit === undefined || highestLimit === undefined) return undefined;
    return `The limit was lowered to ${count(lowestLimit)} entries; within the last hour it was ${count(highestLimit)}.`;
  },
  kubeProxyLimit({ limit, kubeProxyLimit }) {
    if (limit === undefined || kubeProxyLimit === undefined) return undefined;
    return `The limit is ${count(limit)} entries; after the next start of kube-proxy it will be ${count(kubeProxyLimit)}.`;
  },
  cloud({ cloud, inputs: { cloudDropsLastMinute: drops } }) {
    const parts = [
      cloud?.available === undefined
        ? undefined
        : `${count(cloud.available)} more connections can be tracked by the cloud`,
      drops === undefined ? undefined : `${count(drops)} packets dropped by it within a minute`,
    ].filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : `${parts.join(', ')}.`;
  },
  reasons({ inputs: { noDataReasons } }) {
    return noDataReasons.length === 0 ? undefined : `Reason: ${noDataReasons.join('; ')}.`;
  },
  scrapers({ inputs: { reconnectingScrapers: scrapers = [], overdueScrapers: overdue = [] } }) {
    const sentences = [
      ...(overdue.length === 0 ? [] : [`${overdue.join('; ')}.`]),
      ...(scrapers.length === 0 ? [] : [`Within the last hour ${scrapers.join('; ')}.`]),
    ];
    return sentences.length === 0 ? undefined : sentences.join(' ');
  },
  unscraped({ inputs: { unscrapedMs } }) {
    return unscrapedMs === undefined ? undefined : `The last scrape was ${span(unscrapedMs / 1000)} ago.`;
  },
  alertmanagers({ inputs: { failingAlertmanagers: failing = [] } }) {
    return failing.length === 0 ? undefined : `Not delivered to ${failing.join('; ')}.`;
  },
};

/** The counters may look like those of a race where such flows collide behind a rule with `--random-fully`. */
function withoutPortsText(protocols: readonly string[] = []): string {
  return protocols.length === 0 ? '' : ` Source NAT translates protocols without ports: ${protocols.join(', ')}.`;
}

function untilFull(seconds: number | undefined): string {
  if (seconds === undefined) return 'time to full unknown';
  if (seconds === Number.POSITIVE_INFINITY) return 'not filling';
  return seconds === 0 ? 'full now' : `full in about ${roughly(seconds)}`;
}

/** "10.42.3.17 opens 61 % of 4,100 new flows a second." One that opens few of them is not named. */
function openerText(newFlows: TopAddresses['newFlows']): string | undefined {
  if (newFlows === undefined) return undefined;
  const { perSecond, top } = newFlows;
  if (top === undefined || top.share < WORTH_NAMING) return `${rate(perSecond)} new flows a second.`;
  return `${top.address} opens ${percent(top.share)} of ${rate(perSecond)} new flows a second.`;
}

function topText(what: string, list: readonly TopAddress[] = []): string | undefined {
  if (list.length === 0) return undefined;
  return `Top ${what}: ${list.map(({ address, share }) => `${address} (${percent(share)})`).join(', ')}.`;
}
