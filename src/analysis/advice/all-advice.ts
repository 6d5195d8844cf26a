import { type Advice, SEVERITIES, type Severity, type Sysctl } from './advice.ts';
import { adviceOnAgent, withAgentAlarms } from './agent-alarms.ts';
import { adviceOnCloud } from './cloud.ts';
import { adviceOnCounters } from './counters.ts';
import { adviceOnDatapath } from './datapath.ts';
import { adviceOnKubeProxy } from './kube-proxy.ts';
import { adviceOnBuckets, adviceOnLimit } from './limit.ts';
import type { Snapshot } from './snapshot.ts';
import { adviceOnSnatPorts } from './snat-ports.ts';
import { adviceOnNamespace, adviceOnSources } from './sources.ts';
import { adviceOnTimeouts } from './timeouts.ts';
import { adviceOnTopSources } from './top-sources.ts';
import { adviceOnUsage } from './usage.ts';
import { adviceOnWatchers } from './watchers.ts';

type Subject = (snapshot: Snapshot) => readonly Advice[];

const SUBJECTS: readonly Subject[] = [
  adviceOnUsage,
  adviceOnCloud,
  adviceOnTopSources,
  adviceOnCounters,
  adviceOnSnatPorts,
  adviceOnLimit,
  adviceOnKubeProxy,
  adviceOnBuckets,
  adviceOnTimeouts,
  adviceOnDatapath,
  adviceOnNamespace,
  adviceOnSources,
  adviceOnWatchers,
  adviceOnAgent,
];

const FOREIGN_SUBJECTS: readonly Subject[] = [adviceOnNamespace, adviceOnUsage, adviceOnCounters, adviceOnSources];

/** All advice on a snapshot, the worst first. */
export function adviceOn(snapshot: Snapshot): readonly Advice[] {
  // Of a table that is not the node's, what is known is reported, and no setting is advised. The agent's alarms are about the node.
  const subjects = snapshot.netns.inHostNetns === false ? FOREIGN_SUBJECTS : SUBJECTS;
  const own = subjects.flatMap((subject) => subject(snapshot));
  const all = withAgentAlarms(own, snapshot);
  return SEVERITIES.flatMap((severity) => all.filter((advice) => advice.severity === severity));
}

export function worstOf(advice: readonly Advice[]): Severity {
  return SEVERITIES.find((severity) => advice.some((each) => each.severity === severity)) ?? 'ok';
}

/** Every setting that is advised, once each; of two values for one setting the higher. */
export function sysctlsOf(advice: readonly Advice[]): readonly Sysctl[] {
  const values = new Map<string, number>();
  for (const { key, value } of advice.flatMap(({ sysctls }) => sysctls)) {
    values.set(key, Math.max(values.get(key) ?? 0, value));
  }
  return Array.from(values, ([key, value]) => ({ key, value }));
}
