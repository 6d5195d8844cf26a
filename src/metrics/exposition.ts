import { Registry } from 'prom-client';
import type { NetnsEntries, ProcessUsage, Reading } from '../model/reading.ts';
import type { Status } from '../model/status.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../model/thresholds.ts';
import {
  AGENT,
  type AgentSource,
  BUILD_INFO,
  NOTIFICATIONS,
  type NotificationCounts,
  notificationSeries,
  PROCESS,
  SOURCE_UP,
  sourceUpSeries,
} from './agent-families.ts';
import { ALARM_ACTIVE, ALARM_RAISED, ALARM_THRESHOLD, alarmSeries, thresholdSeries } from './alarm-families.ts';
import { FamilyTexts } from './family-texts.ts';
import { type FlowSampleSource, NETNS_ENTRIES, netnsSeries, registerFlowSample } from './flow-families.ts';
import { COUNTERS, TABLE, TIMEOUT, timeoutSeries, USAGE } from './table-families.ts';

export type Format = 'text' | 'openmetrics';

/** Everything a scrape shows, read and judged beforehand: no metric does I/O of its own. */
export type Publication = {
  readonly reading: Reading;
  readonly status: Status;
  readonly agent: AgentSource;
  readonly process: ProcessUsage;
  readonly notifications?: NotificationCounts;
  readonly flowSample?: FlowSampleSource | undefined;
  readonly fullest?: readonly NetnsEntries[] | undefined;
};

export type BuildInfo = { readonly version: string; readonly revision: string; readonly nodeVersion: string };

/** The metric families of one agent and the text that shows them. */
export class Exposition {
  readonly #families = new FamilyTexts();
  readonly #publish: (publication: Publication) => void;
  /** Takes the usage of one sample. */
  readonly observeUsage: (usage: number) => void;

  constructor({ version, revision, nodeVersion }: BuildInfo, thresholds: Thresholds = DEFAULT_THRESHOLDS) {
    const families = this.#families;
    const table = families.scalars(TABLE);
    this.observeUsage = families.histogram(USAGE);
    const timeouts = families.labelled(TIMEOUT);
    const counters = families.scalars(COUNTERS);
    const active = families.labelled(ALARM_ACTIVE);
    const raised = families.labelled(ALARM_RAISED);
    families.labelled(ALARM_THRESHOLD)(thresholdSeries(thresholds));
    const flowSample = registerFlowSample(families);
    const fullest = families.labelled(NETNS_ENTRIES);
    families.labelled(BUILD_INFO)([{ labels: { version, revision, nodejs_version: nodeVersion }, value: 1 }]);
    const sourceUp = families.labelled(SOURCE_UP);
    const agent = families.scalars(AGENT);
    const notifications = families.labelled(NOTIFICATIONS);
    const process = families.scalars(PROCESS);
    this.#publish = (publication) => {
      const { reading, status } = publication;
      table({ reading, status });
      timeouts(timeoutSeries(reading.timeouts));
      counters(status.counters);
      const alarms = alarmSeries(status.alarms);
      active(alarms.active);
      raised(alarms.raised);
      flowSample(publication.flowSample);
      fullest(netnsSeries(publication.fullest));
      sourceUp(sourceUpSeries(reading.sources));
      agent(publication.agent);
      notifications(notificationSeries(publication.notifications));
      process(publication.process);
    };
  }

  async render(publication: Publication, format: Format): Promise<{ contentType: string; body: string }> {
    this.#publish(publication);
    return format === 'text'
      ? { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: await this.#families.render('text') }
      : { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body: await this.#families.render('openMetrics') };
  }
}
