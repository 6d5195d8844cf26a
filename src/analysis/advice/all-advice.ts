import { adviceOnAgent, withAgentAlarms } from './agent-alarms.ts';
import { adviceOnCounters, adviceOnSnatPorts } from './counters.ts';
import { adviceOnDatapath, adviceOnKubeProxy } from './kube-proxy.ts';
import { adviceOnBuckets, adviceOnCloud, adviceOnLimit } from './limit.ts';
import { type Advice, SEVERITIES, type Severity, type Snapshot, type Sysctl } from './snapshot.ts';
import { adviceOnNamespace, adviceOnSources } from './sources.ts';
import { adviceOnTimeouts } from './timeouts.ts';
import { adviceOnTopSources, adviceOnUsage } from './usage.ts';
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

/** All advice on a snapshot, the worst first. */
export function adviceOn(snapshot: Snapshot): readonly Advice[] {
  // Of another namespace's table only how full it is: its settings need not be the node's. The agent's alarms are about the node.
  const subjects = snapshot.netns.inHostNetns === false ? [adviceOnNamespace, adviceOnUsage] : SUBJECTS;
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
