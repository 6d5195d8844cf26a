/** What a row of the table of alarms has. */
import type { AlarmInputs } from './alarm-inputs.ts';
import type { Thresholds } from './thresholds.ts';

export type Severity = 'critical' | 'warning';

/** What an alarm is about: the level of the table and its limit, packets that are lost, or whether the agent sees all this. */
export type AlarmSubject = 'table' | 'losses' | 'agent';

export type AlarmRow = {
  readonly id: string;
  /** In Alertmanager and in the Prometheus rules. */
  readonly alertname: string;
  readonly severity: Severity;
  /** Rules of one subject are one group in Prometheus, which evaluates groups beside each other. */
  readonly subject: AlarmSubject;
  /** Only the agent can know it: there is no rule, because Prometheus is told when it is over. */
  readonly isDirectOnly?: true;
  /** Undefined where the inputs are not known. */
  readonly raise: (inputs: AlarmInputs, thresholds: Thresholds) => boolean | undefined;
  /** While neither holds the alarm stays as it is; without this gap an alarm near its threshold would fire and end again and again. */
  readonly clear: (inputs: AlarmInputs, thresholds: Thresholds) => boolean;
  /** How long `raise` must hold before the alarm fires, and `clear` before it ends. At most the lifetime of a direct alert. */
  readonly pendingMs: number;
  readonly keepFiringMs: number;
  /** State of a node in a few words, for tables. */
  readonly label: string;
  /** Completes the sentence that begins with the node's name. */
  readonly summary: string;
  /** What it means, as whole sentences. */
  readonly meaning: string;
  /** The words where the kernel's counters do not tell, if those above claim what only they show. */
  readonly uncounted?: AlarmWords;
  /** Numbers that its description gives. */
  readonly numbers: readonly AlarmNumber[];
};

export type AlarmWords = { readonly label: string; readonly summary: string; readonly meaning: string };

/** What the alarm claims of a node with these inputs. */
export function alarmWords(row: AlarmWords & Pick<AlarmRow, 'uncounted'>, { isDropping }: AlarmInputs): AlarmWords {
  return isDropping === undefined ? (row.uncounted ?? row) : row;
}

/** Sentences with numbers, which the agent and the rules make in the same words. */
export type AlarmNumber =
  | 'table'
  | 'trend'
  | 'drops'
  | 'atLimit'
  | 'dropsBelowLimit'
  | 'insertFailures'
  | 'snatPortsExhausted'
  | 'natWithoutPorts'
  | 'unexplainedFailures'
  | 'snatPorts'
  | 'chains'
  | 'invalidPackets'
  | 'limit'
  | 'kubeProxyLimit'
  | 'cloud'
  | 'reasons'
  | 'scrapers'
  | 'unscraped'
  | 'alertmanagers';
