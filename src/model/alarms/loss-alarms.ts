/** Alarms on packets that are lost while the table is not full; a part of the table of alarms.ts, worst first. */
import { percent } from '../text/numbers.ts';
import type { AlarmInputs, AlarmRow } from './alarm.ts';
import type { Thresholds } from './thresholds.ts';

const MINUTE_MS = 60_000;
/** Alarms on counters end when the rate has fallen to this part of the threshold. */
const CLEAR_RATE = 0.5;

type RateInput =
  | 'insertFailuresPerSecond'
  | 'snatPortsExhaustedPerSecond'
  | 'natWithoutPortsPerSecond'
  | 'unexplainedFailuresPerSecond'
  | 'dropsBelowLimitPerSecond'
  | 'invalidPacketsPerSecond';
type RateThreshold = Extract<keyof Thresholds, RateInput>;

function onRate(input: RateInput, threshold: RateThreshold): Pick<AlarmRow, 'raise' | 'clear'> {
  return {
    raise: ({ [input]: rate }: AlarmInputs, thresholds) =>
      rate === undefined ? undefined : rate >= thresholds[threshold],
    clear: ({ [input]: rate = 0 }: AlarmInputs, thresholds) => rate < CLEAR_RATE * thresholds[threshold],
  };
}

export const LOSS_ALARMS = [
  {
    id: 'insert_failures',
    alertname: 'ConntrackInsertFailures',
    severity: 'warning',
    subject: 'losses',
    fires: ({ insertFailuresPerSecond: rate }) =>
      `at ${rate} packets a second, over ten minutes, lost to two packets of one new flow that race`,
    ...onRate('insertFailuresPerSecond', 'insertFailuresPerSecond'),
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'insert failures',
    summary: 'loses packets because two packets of one new flow race',
    meaning:
      'One of the two packets was dropped. The usual case to check is DNS: A and AAAA queries from one port. The table is not full: a higher limit does not help.',
    numbers: ['insertFailures', 'table'],
  },
  {
    id: 'snat_ports_exhausted',
    alertname: 'ConntrackSnatPortsExhausted',
    severity: 'warning',
    subject: 'losses',
    fires: ({ snatPortsExhaustedPerSecond: rate }) =>
      `at ${rate} packets a second, over ten minutes, for which source NAT had no free port`,
    ...onRate('snatPortsExhaustedPerSecond', 'snatPortsExhaustedPerSecond'),
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'NAT out of ports',
    summary: 'drops new flows because source NAT has no free port for them',
    meaning:
      'All ports of a translated address are taken by flows to one destination. The table is not full: neither a higher limit nor a DNS cache helps.',
    numbers: ['snatPortsExhausted', 'snatPorts', 'table'],
  },
  {
    id: 'nat_without_ports',
    alertname: 'ConntrackNatWithoutPorts',
    severity: 'warning',
    subject: 'losses',
    fires: ({ insertFailuresPerSecond: rate }) =>
      `at ${rate} packets a second, over ten minutes, for which NAT had no port to choose`,
    ...onRate('natWithoutPortsPerSecond', 'insertFailuresPerSecond'),
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'NAT without ports',
    summary: 'drops flows because NAT has no port to tell them apart by',
    meaning:
      'Two clients send a protocol without ports, such as GRE or ESP, through one translated address to one destination, or a NAT rule names one port or two. The table is not full: neither a higher limit nor a DNS cache helps.',
    numbers: ['natWithoutPorts', 'table'],
  },
  {
    id: 'insert_failures_unexplained',
    alertname: 'ConntrackInsertFailuresUnexplained',
    severity: 'warning',
    subject: 'losses',
    fires: ({ insertFailuresPerSecond: rate }) =>
      `at ${rate} packets a second, over ten minutes, lost to failed insertions of unknown cause`,
    ...onRate('unexplainedFailuresPerSecond', 'insertFailuresPerSecond'),
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'insert failures, cause unknown',
    summary: 'loses packets to failed insertions of unknown cause',
    meaning:
      'Either two packets of one new flow raced, or NAT had no free port or no port to choose; the counters do not show which. The table is not full: a higher limit does not help.',
    numbers: ['unexplainedFailures', 'snatPorts', 'table'],
  },
  {
    id: 'drops_below_limit',
    alertname: 'ConntrackDropsBelowLimit',
    severity: 'warning',
    subject: 'losses',
    fires: ({ dropsBelowLimitPerSecond: rate }) =>
      `at ${rate} packets a second, over ten minutes, dropped although the table had headroom`,
    ...onRate('dropsBelowLimitPerSecond', 'dropsBelowLimitPerSecond'),
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'drops below the limit',
    summary: 'drops packets although its connection tracking table has headroom',
    meaning:
      'The tracker of a protocol refuses them, or memory for their entries is missing. A higher limit does not help, and makes a lack of memory worse.',
    numbers: ['dropsBelowLimit', 'table'],
  },
  {
    id: 'snat_ports_low',
    alertname: 'ConntrackSnatPortsLow',
    severity: 'warning',
    subject: 'losses',
    fires: ({ snatPortsUsedRatio }) =>
      `when ${percent(snatPortsUsedRatio)} of the ports that source NAT has for one destination are in use (\`--collector.flows\`)`,
    raise: ({ snatPorts }, { snatPortsUsedRatio }) =>
      snatPorts === undefined ? undefined : snatPorts.low >= snatPortsUsedRatio,
    clear: ({ snatPorts }, { snatPortsUsedRatio, clearMargin }) =>
      (snatPorts?.share ?? 0) < snatPortsUsedRatio - clearMargin,
    pendingMs: 0,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'few NAT ports left',
    summary: 'has few ports left for source NAT to one destination',
    meaning: 'When all are taken, new flows to that destination are dropped; others are served.',
    numbers: ['snatPorts'],
  },
  {
    id: 'chains_too_long',
    alertname: 'ConntrackChainsTooLong',
    severity: 'warning',
    subject: 'losses',
    fires: ({ entriesPerBucket }) =>
      `when an insertion is refused because of a long hash chain, or above ${entriesPerBucket} entries per bucket`,
    raise: ({ chainsTooLong, entriesPerBucket }, thresholds) =>
      chainsTooLong === undefined && entriesPerBucket === undefined
        ? undefined
        : (chainsTooLong ?? 0) > 0 || (entriesPerBucket ?? 0) > thresholds.entriesPerBucket,
    clear: ({ chainsTooLong = 0, entriesPerBucket = 0 }, thresholds) =>
      chainsTooLong === 0 && entriesPerBucket <= thresholds.entriesPerBucket,
    pendingMs: MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'chains too long',
    summary: 'has too few hash buckets for its connection tracking table',
    meaning: 'It refuses connections because a hash chain is too long, or walks long chains for each packet.',
    numbers: ['chains', 'table'],
  },
  {
    id: 'invalid_packets',
    alertname: 'ConntrackInvalidPackets',
    severity: 'warning',
    subject: 'losses',
    fires: ({ invalidPacketsPerSecond: rate }) => `at ${rate} invalid packets a second over five minutes`,
    ...onRate('invalidPacketsPerSecond', 'invalidPacketsPerSecond'),
    pendingMs: 15 * MINUTE_MS,
    keepFiringMs: 2 * MINUTE_MS,
    label: 'invalid packets',
    summary: 'sees many packets that fit no connection',
    meaning:
      'They are not translated, and often dropped by firewall rules. The usual causes: replies that take another way than requests, long-lived connections whose entry is gone, a scan.',
    numbers: ['invalidPackets'],
  },
] as const satisfies readonly AlarmRow[];
