import {
  AGENT,
  ALERTMANAGER_CONNECTED,
  ALERTMANAGER_LAST_POST,
  BUILD_INFO,
  NOTIFICATIONS,
  PROCESS,
  SCRAPES,
  SOURCE_UP,
} from './agent-families.ts';
import { ALARM_ACTIVE, ALARM_RAISED, ALARM_THRESHOLD } from './alarm-families.ts';
import type { Family } from './family.ts';
import { FLOW_SAMPLE, SHARE, SKIPPED } from './flow-families.ts';
import { NETNS_ENTRIES } from './netns-families.ts';
import { NEW_FLOWS, TOP_OPENERS } from './new-flow-families.ts';
import { CLOUD, CLOUD_AVAILABLE, CLOUD_EXCEEDED, DATAPATH, KUBE_PROXY } from './node-families.ts';
import { SNAT_PORTS, SNAT_PORTS_MARGIN } from './snat-port-families.ts';
import { COUNTERS, DROPS_BY_CAUSE, FAILURES_BY_CAUSE, TABLE, TIMEOUT, USAGE } from './table-families.ts';
import { FLOWS, TOP_FLOWS } from './top-flow-families.ts';

/** Every metric family there is, in the order of the README's table. */
export const METRICS: readonly Required<Family>[] = [
  ...TABLE,
  USAGE,
  TIMEOUT,
  ...COUNTERS,
  FAILURES_BY_CAUSE,
  DROPS_BY_CAUSE,
  ...KUBE_PROXY,
  CLOUD_AVAILABLE,
  CLOUD_EXCEEDED,
  ...CLOUD,
  ALARM_ACTIVE,
  ALARM_RAISED,
  ALARM_THRESHOLD,
  FLOWS,
  TOP_FLOWS,
  SHARE,
  SNAT_PORTS,
  SNAT_PORTS_MARGIN,
  ...FLOW_SAMPLE,
  SKIPPED,
  ...NEW_FLOWS,
  TOP_OPENERS,
  NETNS_ENTRIES,
  BUILD_INFO,
  SOURCE_UP,
  ...AGENT,
  DATAPATH,
  SCRAPES,
  NOTIFICATIONS,
  ALERTMANAGER_CONNECTED,
  ALERTMANAGER_LAST_POST,
  ...PROCESS,
].map(({ name, type, help, ...rest }: Family) => ({ name, type, help, labels: rest.labels ?? [] }));
