import type { AlarmInputs } from '../model/alarms/alarm.ts';
import type { AlarmId } from '../model/alarms/alarms.ts';
import type { Log } from '../model/log.ts';
import { isModuleLoaded, type SourceReport } from '../model/reading.ts';
import { isFiring, type Status } from '../model/status.ts';

const NO_CONNTRACK =
  'This kernel shows no connection tracking: the module is not loaded; its series stay absent until it is';

/** Says what changed: a source that broke or recovered, an alarm that began to fire or ended. Once, not every second. */
export class StateChangeLog {
  readonly #log: Log;
  /** The last word on each source: what is wrong with it, or "up". */
  readonly #sources = new Map<string, string>();
  readonly #firing = new Set<string>();
  #isNotLoaded = false;

  constructor(log: Log) {
    this.#log = log;
  }

  sources(reports: readonly SourceReport[]): void {
    const isNotLoaded = !isModuleLoaded(reports);
    if (isNotLoaded && !this.#isNotLoaded) this.#log.warn({}, NO_CONNTRACK);
    this.#isNotLoaded = isNotLoaded;
    for (const report of reports) {
      const key = `${report.source} via ${report.via}`;
      const before = this.#sources.get(key);
      const now = stateTextOf(report);
      if (now === before) continue;
      this.#sources.set(key, now);
      if (!isNotLoaded) this.#logSource(report, before);
    }
  }

  alarms({ alarms, entries, limit, usage, secondsUntilFull, inputs }: Status): void {
    for (const [id, alarm] of alarms) {
      if (isFiring(alarm) === this.#firing.has(id)) continue;
      const reasons = reasonsOf(id, inputs);
      const fields = {
        alarm: id,
        entries,
        limit,
        usage,
        secondsUntilFull: `${secondsUntilFull ?? 'unknown'}`,
        ...(reasons.length > 0 && { reasons }),
      };
      if (isFiring(alarm)) {
        this.#firing.add(id);
        this.#log.warn(fields, `alarm fires: ${id}`);
      } else {
        this.#firing.delete(id);
        this.#log.info(fields, `alarm has ended: ${id}`);
      }
    }
  }

  #logSource({ source, via, up, problem }: SourceReport, before: string | undefined): void {
    const fields = { source, via };
    if (problem !== undefined) this.#log.error({ ...fields, error: problem }, `source is broken: ${source}`);
    else if (!up) this.#log.warn(fields, `source is absent: ${source}; its series stay absent until it appears`);
    else if (before === undefined) this.#log.info(fields, `source found: ${source}`);
    else this.#log.info(fields, `source recovered: ${source}`);
  }
}

function reasonsOf(id: AlarmId, inputs: AlarmInputs): readonly string[] {
  const { noDataReasons, reconnectingScrapers = [], overdueScrapers = [], failingAlertmanagers = [] } = inputs;
  if (id === 'no_data') return noDataReasons;
  if (id === 'direct_alerts_failing') return failingAlertmanagers;
  return id === 'scraper_reconnects' ? [...overdueScrapers, ...reconnectingScrapers] : [];
}

function stateTextOf({ up, problem }: SourceReport): string {
  return problem?.message ?? (up ? 'up' : 'absent');
}
