import { Registry } from 'prom-client';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../model/alarms/thresholds.ts';
import type { Datapath } from '../model/datapath.ts';
import type { NetnsEntries, ProcessUsage, Reading } from '../model/reading.ts';
import type { AlertmanagerReport } from '../model/scrapers.ts';
import type { Status } from '../model/status.ts';
import {
  AGENT,
  type AgentSource,
  ALERTMANAGER_CONNECTED,
  ALERTMANAGER_LAST_POST,
  alertmanagerSeries,
  BUILD_INFO,
  lastPostSeries,
  NOTIFICATIONS,
  type NotificationCounts,
  notificationSeries,
  PROCESS,
  SCRAPES,
  type ScrapeCounts,
  SOURCE_UP,
  scrapeSeries,
  sourceUpSeries,
} from './agent-families.ts';
import { ALARM_ACTIVE, ALARM_RAISED, ALARM_THRESHOLD, alarmSeries, thresholdSeries } from './alarm-families.ts';
import { type Family, FamilyTexts } from './family.ts';
import {
  FLOW_SAMPLE,
  FLOWS,
  type FlowSampleSource,
  registerFlowSample,
  SHARE,
  SKIPPED,
  SNAT_PORTS,
  SNAT_PORTS_MARGIN,
  TOP_FLOWS,
} from './flow-families.ts';
import { NEW_FLOWS, type NewFlowSource, registerNewFlows, TOP_OPENERS } from './new-flow-families.ts';
import {
  CLOUD,
  CLOUD_AVAILABLE,
  CLOUD_EXCEEDED,
  cloudSeries,
  DATAPATH,
  datapathSeries,
  KUBE_PROXY,
  NETNS_ENTRIES,
  netnsSeries,
} from './node-families.ts';
import {
  COUNTERS,
  DROPS_BY_CAUSE,
  dropSeries,
  FAILURES_BY_CAUSE,
  failureSeries,
  TABLE,
  TIMEOUT,
  timeoutSeries,
  USAGE,
} from './table-families.ts';

export type Format = 'text' | 'openmetrics';

/** Everything a scrape shows, read and judged beforehand: no metric does I/O of its own. */
type Publication = {
  readonly reading: Reading;
  readonly status: Status;
  readonly agent: AgentSource;
  readonly process: ProcessUsage;
  readonly scrapes?: ScrapeCounts;
  readonly notifications?: NotificationCounts;
  readonly alertmanagers?: readonly AlertmanagerReport[] | undefined;
  readonly flowSample?: FlowSampleSource | undefined;
  readonly newFlows?: NewFlowSource | undefined;
  readonly fullest?: readonly NetnsEntries[] | undefined;
  readonly datapath?: Datapath | undefined;
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
    const failures = families.labelled(FAILURES_BY_CAUSE);
    const drops = families.labelled(DROPS_BY_CAUSE);
    const kubeProxy = families.scalars(KUBE_PROXY);
    const cloudAvailable = families.labelled(CLOUD_AVAILABLE);
    const cloudExceeded = families.labelled(CLOUD_EXCEEDED);
    const cloud = families.scalars(CLOUD);
    const active = families.labelled(ALARM_ACTIVE);
    const raised = families.labelled(ALARM_RAISED);
    const threshold = families.labelled(ALARM_THRESHOLD);
    const thresholdLists = [false, true].map((hasCloud) => thresholdSeries(thresholds, hasCloud));
    const flowSample = registerFlowSample(families);
    const newFlows = registerNewFlows(families);
    const fullest = families.labelled(NETNS_ENTRIES);
    families.labelled(BUILD_INFO)([{ labels: { version, revision, nodejs_version: nodeVersion }, value: 1 }]);
    const sourceUp = families.labelled(SOURCE_UP);
    const agent = families.scalars(AGENT);
    const datapath = families.labelled(DATAPATH);
    const scrapes = families.labelled(SCRAPES);
    const notifications = families.labelled(NOTIFICATIONS);
    const alertmanagers = families.labelled(ALERTMANAGER_CONNECTED);
    const lastPosts = families.labelled(ALERTMANAGER_LAST_POST);
    const process = families.scalars(PROCESS);
    this.#publish = (publication) => {
      const { reading, status } = publication;
      table({ reading, status });
      timeouts(timeoutSeries(reading.timeouts));
      counters(status.counters);
      failures(failureSeries(status.insertFailures));
      drops(dropSeries(status.dropsByCause));
      kubeProxy(status);
      cloudAvailable(cloudSeries(status, 'available'));
      cloudExceeded(cloudSeries(status, 'exceeded'));
      cloud(status);
      const alarms = alarmSeries(status.alarms);
      active(alarms.active);
      raised(alarms.raised);
      threshold(thresholdLists[Number(status.cloud !== undefined)]!);
      flowSample(publication.flowSample);
      newFlows(publication.newFlows);
      fullest(netnsSeries(publication.fullest));
      sourceUp(sourceUpSeries(reading.sources));
      agent(publication.agent);
      datapath(datapathSeries(publication.datapath));
      scrapes(scrapeSeries(publication.scrapes));
      notifications(notificationSeries(publication.notifications));
      alertmanagers(alertmanagerSeries(publication.alertmanagers));
      lastPosts(lastPostSeries(publication.alertmanagers));
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
