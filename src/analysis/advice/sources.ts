import { MANIFEST_LINE } from '../../model/kernel.ts';
import { VITAL_SOURCES } from '../../model/reading.ts';
import { type Advice, NOTHING_TO_DO, type Problem, type Snapshot, type SourceSnapshot } from './snapshot.ts';

/** What could not be read, why, and what would let it be read. */
export function adviceOnSources(snapshot: Snapshot): Advice[] {
  if (!snapshot.moduleIsLoaded) return [noModule()];
  const broken = snapshot.sources.filter(({ up, source }) => !up && source !== 'counters').map(unreadable);
  return [...broken, ...missingCounters(snapshot), ...missingFlowSample(snapshot)];
}

function noModule(): Advice {
  return {
    id: 'module-absent',
    severity: 'warning',
    title: 'Connection tracking is not loaded',
    seen: ['there is no nf_conntrack_count'],
    meaning: 'No table, so none that could be full. On a node that runs Kubernetes, a firewall or NAT that is wrong',
    remedy: ['If the node should track connections: modprobe nf_conntrack'],
    sysctls: [],
  };
}

function unreadable({ source, via, problem }: SourceSnapshot): Advice {
  const isVital = VITAL_SOURCES.includes(source);
  return {
    id: isVital ? 'table-unreadable' : 'source-missing',
    ...(isVital && { alarms: ['no_data'] as const }),
    severity: isVital ? 'critical' : 'warning',
    title: `The ${source} could not be read`,
    seen: [problem?.message ?? `${via} does not have it`],
    meaning: isVital ? 'How full the table is cannot be told' : '',
    remedy: problem?.remedy === undefined ? [] : [problem.remedy],
    sysctls: [],
  };
}

function missingCounters({ sources, counters, countersAreWanted, hasNetAdmin }: Snapshot): Advice[] {
  if (counters !== undefined) return [];
  const advice = { meaning: 'Whether packets are being lost, and why, cannot be told', sysctls: [] };
  if (!countersAreWanted) {
    const title = 'The counters were not read';
    const seen = ['--no-collector.counters'];
    return [{ ...advice, id: 'counters-off', severity: 'ok', title, seen, remedy: [] }];
  }
  const problems = sources.filter(({ source, up }) => source === 'counters' && !up);
  const seen = problems.map(({ via, problem }) => `${via}: ${problem?.message ?? ABSENT[via] ?? 'not there'}`);
  const own = problems.flatMap(({ problem }) => problem?.remedy ?? []);
  const remedy = hasNetAdmin ? own : [...own, `Ask ctnetlink instead, which takes CAP_NET_ADMIN: ${MANIFEST_LINE}`];
  return [{ ...advice, id: 'counters-missing', severity: 'warning', title: 'There are no counters', seen, remedy }];
}

const ABSENT: Readonly<Record<string, string>> = {
  procfs: 'no net/stat/nf_conntrack; kernels of Ubuntu and Azure Linux are built without it',
};

function missingFlowSample({ flowSample, flowSampleProblem, hasNetAdmin }: Snapshot): Advice[] {
  if (flowSampleProblem !== undefined) return [failedFlowSample(flowSampleProblem)];
  if (flowSample !== undefined || hasNetAdmin) return [];
  return [
    {
      id: 'flow-sample-missing',
      severity: 'ok',
      title: 'Who holds the entries was not asked',
      seen: [`that takes CAP_NET_ADMIN: run as root, in a container with ${MANIFEST_LINE}`],
      ...NOTHING_TO_DO,
    },
  ];
}

function failedFlowSample({ message, remedy }: Problem): Advice {
  return {
    id: 'flow-sample-failed',
    severity: 'warning',
    title: 'Who holds the entries could not be asked',
    seen: [message],
    meaning: '',
    remedy: remedy === undefined ? [] : [remedy],
    sysctls: [],
  };
}

/** Whether the numbers are the node's. */
export function adviceOnNamespace({ netns, entries }: Snapshot): Advice[] {
  if (netns.inHostNetns === true) return [ours(netns.why)];
  return [netns.inHostNetns === false ? foreign(netns.why) : unknown(netns.why, entries === 0)];
}

const SHARE_IT = 'Set hostNetwork: true in the pod (podman, docker: --network=host), or run this on the node itself';

function ours(why: string): Advice {
  const title = "This is the node's network namespace";
  return { id: 'namespace-own', severity: 'ok', title, seen: [why], ...NOTHING_TO_DO };
}

function foreign(why: string): Advice {
  return {
    id: 'namespace-foreign',
    alarms: ['no_data'],
    severity: 'critical',
    title: "This is not the node's network namespace",
    seen: [why],
    meaning:
      "Every namespace has a table of its own, and this one's is not the node's. Only how full it is can be reported",
    remedy: [SHARE_IT],
    sysctls: [],
  };
}

/** An empty table suggests a pod's namespace, whose table is empty while the node's may be full. */
function unknown(why: string, isEmpty: boolean): Advice {
  return {
    id: 'namespace-unknown',
    severity: isEmpty ? 'warning' : 'ok',
    title: "Whether this is the node's network namespace is not known",
    seen: [why],
    meaning: isEmpty ? "The table is empty, as a pod's would be while the node's is full" : '',
    remedy: isEmpty ? ["Give the node's address: --node.ip, or NODE_IP from status.hostIP", SHARE_IT] : [],
    sysctls: [],
  };
}
