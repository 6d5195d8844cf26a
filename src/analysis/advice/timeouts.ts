import type { FlowSample } from '../../model/flow-sample.ts';
import { count, duration, percent } from '../../model/numbers.ts';
import type { Share } from '../../model/share.ts';
import { usageOf } from '../../model/status.ts';
import type { Advice, Severity } from './advice.ts';
import { LONG_TIMEOUTS, type LongTimeout } from './long-timeouts.ts';
import { type Snapshot, timeoutOf } from './snapshot.ts';

/** Above this a table can do with the room that dead entries take; without a flow sample it is all there is to go by. */
const BUSY_USAGE = 0.5;
/** A part of the table that is worth a setting. */
const WORTH_SHARE = 0.1;

const UNKNOWN = 'how many entries that holds cannot be told without a flow sample of the flows';

/** Timeouts that keep entries of dead flows, with how many they keep where a flow sample tells. */
export function adviceOnTimeouts(snapshot: Snapshot): Advice[] {
  if (snapshot.timeouts.length === 0) return [];
  const found = LONG_TIMEOUTS.flatMap((rule) => adviceOnOne(rule, snapshot));
  if (found.length > 0) return found;
  const established = timeoutOf(snapshot, 'tcp', 'established');
  const text = established === undefined ? [] : [`idle TCP connections are kept for ${duration(established)}`];
  const title = 'The timeouts are reasonable';
  return [{ id: 'timeouts-fine', severity: 'ok', title, seen: text, meaning: '', remedy: [], sysctls: [] }];
}

function adviceOnOne(rule: LongTimeout, snapshot: Snapshot): Advice[] {
  const seconds = timeoutOf(snapshot, rule.protocol, rule.state);
  if (seconds === undefined) return [];
  const held = snapshot.flowSample === undefined ? undefined : rule.holds(snapshot.flowSample, seconds);
  const shorter = rule.shorter.find((one) => one < seconds);
  const isHolding = held !== undefined && held.share >= WORTH_SHARE;
  const isLong = seconds > rule.longAbove;
  if (shorter === undefined || !(isHolding || isLong)) return [];
  const severity: Severity = isHolding || (held === undefined && isLong && isBusy(snapshot)) ? 'warning' : 'ok';
  const key = `net.netfilter.nf_conntrack_${rule.protocol}_timeout${rule.state === 'default' ? '' : `_${rule.state}`}`;
  return [
    {
      id: severity === 'warning' ? `${rule.id}-holds` : `${rule.id}-long`,
      severity,
      title: isHolding ? rule.title : rule.note,
      seen: [
        `${duration(seconds)}; ${held === undefined ? UNKNOWN : heldText(held, rule.held(seconds), snapshot.flowSample!)}`,
      ],
      meaning: rule.meaning,
      remedy: [`Shorten it to ${duration(shorter)}${rule.caveat}`],
      sysctls: severity === 'warning' ? [{ key, value: shorter }] : [],
    },
  ];
}

function isBusy({ peak, limit }: Snapshot): boolean {
  return (usageOf({ entries: peak, limit }) ?? 0) >= BUSY_USAGE;
}

function heldText(held: Share, what: string, flowSample: FlowSample): string {
  const within = flowSample.isComplete ? '' : ` (between ${percent(held.low)} and ${percent(held.high)})`;
  const flows = held.flows === undefined ? '' : `about ${count(held.flows)} entries, `;
  return `${flows}${percent(held.share)} of the table${within}, ${what}`;
}
