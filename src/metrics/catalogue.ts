import { AGENT, BUILD_INFO } from './agent.ts';
import { COUNTERS } from './counters.ts';
import type { Family } from './family.ts';
import { FLOW_SAMPLE, SHARE, SKIPPED } from './flow-sample.ts';
import { FLOWS, TOP_FLOWS } from './flows.ts';
import { ALARM_ACTIVE, ALARM_RAISED, ALARM_THRESHOLD, SOURCE_DURATION, SOURCE_UP, TIMEOUT } from './labelled.ts';
import { NETNS_ENTRIES } from './netns.ts';
import { NOTIFICATIONS } from './notifications.ts';
import { PROCESS } from './process.ts';
import { TABLE } from './table.ts';
import { USAGE } from './usage.ts';

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
  SOURCE_DURATION,
  ...AGENT,
  NOTIFICATIONS,
  ...PROCESS,
].map(({ name, type, help, ...rest }: Family) => ({ name, type, help, labels: rest.labels ?? [] }));
