import type { Status } from '../judge/table-judge.ts';
import type { AlertKind } from './alert-kinds.ts';

/** Where the Prometheus rules point to as well. */
const RUNBOOKS = 'https://github.com/conntrack-agent/conntrack-agent/blob/main/docs/runbooks';

/** An address and its share of the table, 0 to 1. */
export type Talker = { readonly address: string; readonly share: number };

/** Who fills the table, largest first, where a census tells. */
export type Culprits = { readonly sources: readonly Talker[]; readonly destinations: readonly Talker[] };

export type Annotations = {
  readonly summary: string;
  readonly description: string;
  readonly runbook_url: string;
};

/** The page that says what to do about an alert. */
export function runbookOf(alertname: string): string {
  return `${RUNBOOKS}/${alertname}.md`;
}

/** What a person reads on the page. What is not known is left out. */
export function annotate(kind: AlertKind, node: string, status: Status, culprits?: Culprits): Annotations {
  const sentences = [
    fillOf(status),
    lossOf(status),
    trendOf(status),
    talkers('sources', culprits?.sources),
    talkers('destinations', culprits?.destinations),
  ];
  return {
    summary: `Node ${node} ${kind.says}`,
    description: sentences.filter((sentence) => sentence !== undefined).join(' '),
    runbook_url: runbookOf(kind.alertname),
  };
}

function fillOf({ entries, limit, usage, peak }: Status): string | undefined {
  if (entries === undefined || limit === undefined || usage === undefined) return undefined;
  const highest = peak === undefined ? '' : `, peak ${count(peak)}`;
  return `${count(entries)} of ${count(limit)} entries (${percent(usage)})${highest}.`;
}

function lossOf({ isRefusing }: Status): string | undefined {
  return isRefusing ? 'Packets are being dropped for want of room.' : undefined;
}

function trendOf({ growthPerSecond, secondsUntilFull }: Status): string | undefined {
  if (growthPerSecond === undefined) return undefined;
  const sign = growthPerSecond < 0 ? '-' : '+';
  return `Growth ${sign}${count(Math.abs(growthPerSecond))} entries per second, ${untilFull(secondsUntilFull)}.`;
}

function untilFull(seconds: number | undefined): string {
  if (seconds === undefined) return 'time to full unknown';
  if (seconds === Number.POSITIVE_INFINITY) return 'not filling';
  return seconds === 0 ? 'full now' : `full in ${span(seconds)}`;
}

function talkers(what: string, list: readonly Talker[] = []): string | undefined {
  if (list.length === 0) return undefined;
  return `Top ${what}: ${list.map(({ address, share }) => `${address} (${percent(share)})`).join(', ')}.`;
}

/** `1234567` as `1,234,567`; below 10 with one decimal, so that a slow leak does not read as none. */
function count(value: number): string {
  const text = value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
  return text.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Rounded down: 99.97 % is not full. */
function percent(ratio: number): string {
  return `${Math.floor(ratio * 1000) / 10} %`;
}

/** The two largest units, as a person says it: `45 s`, `3 min 20 s`, `2 h 5 min`. */
function span(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return whole < 172_800
    ? `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
    : `${Math.floor(whole / 86_400)} days`;
}
