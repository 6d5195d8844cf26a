import { AGENT, BUILD_INFO, NOTIFICATIONS, PROCESS, SOURCE_UP } from './agent-families.ts';
import { ALARM_ACTIVE, ALARM_RAISED, ALARM_THRESHOLD } from './alarm-families.ts';
import type { Family } from './family.ts';
import { FLOW_SAMPLE, FLOWS, NETNS_ENTRIES, SHARE, SKIPPED, TOP_FLOWS } from './flow-families.ts';
import { COUNTERS, TABLE, TIMEOUT, USAGE } from './table-families.ts';

/** Every metric family there is, in the order of the README's table. */
export const METRICS: readonly Required<Family>[] = [
  ...TABLE,
  USAGE,
  TIMEOUT,
  ...COUNTERS,
  ALARM_ACTIVE,
  ALARM_RAISED,
  ALARM_THRESHOLD,
  FLOWS,
  TOP_FLOWS,
  SHARE,
  ...FLOW_SAMPLE,
  SKIPPED,
  NETNS_ENTRIES,
  BUILD_INFO,
  SOURCE_UP,
  ...AGENT,
  NOTIFICATIONS,
  ...PROCESS,
].map(({ name, type, help, ...rest }: Family) => ({ name, type, help, labels: rest.labels ?? [] }));
