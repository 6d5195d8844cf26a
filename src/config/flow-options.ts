/** The flags of the flow sample, and of the command that shows it. */

import { RANKINGS } from '../model/flows.ts';
import { boolean, type Option, oneOf, type Value, value, wholeNumberIn } from './option-values.ts';

/** Second (may be left out), minute, hour, day of month, month, day of week. */
const FIELDS = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/**
 * What node-cron takes, without the names of months and days. Checked here, for loading it to check a flag would cost every
 * command 8 MB.
 */
export const cronSchedule: Value<string> = value(
  'a cron schedule of 5 fields, or 6 with seconds first, such as "*/30 * * * * *"',
  (text) => {
    const fields = text.trim().split(/\s+/);
    if (fields.length < 5 || fields.length > 6) return undefined;
    const ranges = FIELDS.slice(FIELDS.length - fields.length);
    return fields.every((field, i) => isField(field, ranges[i]!)) ? fields.join(' ') : undefined;
  },
  { kind: 'cron', fields: FIELDS },
);

function isField(field: string, range: readonly [number, number]): boolean {
  return field.split(',').every((item) => isItem(item, range));
}

/** `*`, `5`, `5-10`, and of the first and the last every so many: `*\/5`, `0-30/5`. */
function isItem(item: string, [least, most]: readonly [number, number]): boolean {
  const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(item);
  if (match === null) return false;
  const [, from, to = from, step] = match;
  if (step !== undefined && (Number(step) === 0 || (from !== undefined && match[2] === undefined))) return false;
  if (from === undefined) return true;
  return least <= Number(from) && Number(from) <= Number(to) && Number(to) <= most;
}

const TIMEOUT_PREFIX = /^(net\.netfilter\.)?nf_conntrack_/;

/** `tcp_timeout_time_wait=30,udp_timeout=10`: seconds by the name of the sysctl, which may be whole. Empty for no values. */
const timeoutValues: Value<ReadonlyMap<string, number>> = value(
  'timeouts with their seconds, such as "tcp_timeout_time_wait=30,udp_timeout=10", or nothing',
  (text) => {
    if (text === '') return new Map();
    const pairs = text.split(',').map((pair) => /^([a-z0-9_.]+)=(\d{1,7})$/.exec(pair.trim()));
    const named = pairs.map((pair) => [pair?.[1]?.replace(TIMEOUT_PREFIX, '') ?? '', Number(pair?.[2])] as const);
    const values = new Map(named);
    return pairs.includes(null) || values.size < named.length ? undefined : values;
  },
);

/** The flags of the flow sample, of the command that shows it, and of the network namespaces. */

export const FLOW_OPTIONS = {
  collectFlows: {
    flag: 'collector.flows',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: 'Export who fills the table, from a sample of its flows; takes CAP_NET_ADMIN',
  },
  flowsSchedule: {
    flag: 'flows.schedule',
    kind: 'single',
    value: cronSchedule,
    fallback: '*/30 * * * * *',
    help: 'When a flow sample is taken',
  },
  openersSchedule: {
    flag: 'flows.openers-schedule',
    kind: 'single',
    value: cronSchedule,
    fallback: '*/10 * * * * *',
    help: 'When new flows are counted for up to a second, and who opens them',
  },
  sampleSize: {
    flag: 'flows.sample-size',
    kind: 'single',
    value: wholeNumberIn(0, 100_000_000),
    fallback: '20000',
    help: 'Flows read for one flow sample; 0 reads every flow',
  },
  flowsTop: {
    flag: 'flows.top',
    kind: 'single',
    value: wholeNumberIn(1, 100),
    fallback: '20',
    help: 'Sources, destinations and prefixes listed; /metrics has 20 of each at most',
  },
  by: {
    flag: 'by',
    kind: 'single',
    value: oneOf([...RANKINGS, 'opener', 'netns']),
    fallback: undefined,
    help: 'Of flows: show this ranking alone, and all of it; opener ranks who opens new flows, netns network namespaces, which takes hostPID and no capability',
  },
  whatIf: {
    flag: 'what-if',
    kind: 'optional',
    value: timeoutValues,
    fallback: undefined,
    help: 'Of flows: what these shorter timeouts would free; without values, a ranking of all timeouts',
  },
  watch: {
    flag: 'watch',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: 'Of flows: take a flow sample every two seconds and redraw it, until Ctrl-C',
  },
  json: {
    flag: 'json',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: 'Of flows: print JSON, with --watch a line per flow sample',
  },
} as const satisfies Record<string, Option>;

/** The flag of the fullest network namespaces; how many of them is --flows.top. */

export const NETNS_OPTIONS = {
  collectNetns: {
    flag: 'collector.netns',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: "Export the fullest network namespaces with their pods, as many as --flows.top; takes the node's processes (hostPID)",
  },
} as const satisfies Record<string, Option>;
