import { Registry } from 'prom-client';
import type { ProcessUsage } from '../host/process-usage.ts';
import type { Reading } from '../host/reading.ts';
import type { Status } from '../judge/table-judge.ts';
import { AGENT, type AgentSource, BUILD_INFO } from './agent.ts';
import { type CensusSource, registerCensus } from './census.ts';
import { COUNTERS } from './counters.ts';
import { FamilyTexts } from './family-texts.ts';
import {
  ALARM_ACTIVE,
  alarmSeries,
  SOURCE_DURATION,
  SOURCE_UP,
  sourceDurationSeries,
  sourceUpSeries,
  TIMEOUT,
  timeoutSeries,
} from './labelled.ts';
import { PAGES, type PageCounts, pageSeries } from './pages.ts';
import { PROCESS } from './process.ts';
import { TABLE } from './table.ts';
import { USAGE } from './usage.ts';

export type Format = 'text' | 'openmetrics';

/** All that a scrape shows, read and judged before it is published: no metric does I/O of its own. */
export type Publication = {
  readonly reading: Reading;
  readonly status: Status;
  readonly agent: AgentSource;
  readonly process: ProcessUsage;
  readonly pages?: PageCounts;
  readonly census?: CensusSource | undefined;
};

export type BuildInfo = { readonly version: string; readonly revision: string; readonly nodeVersion: string };

/** The metric families of one agent and the text that shows them. */
export class Exposition {
  readonly #families = new FamilyTexts();
  readonly #publish: (publication: Publication) => void;
  /** Takes the usage of one sample. */
  readonly observeUsage: (usage: number) => void;

  constructor({ version, revision, nodeVersion }: BuildInfo) {
    const families = this.#families;
    const table = families.scalars(TABLE);
    this.observeUsage = families.histogram(USAGE);
    const timeouts = families.labelled(TIMEOUT);
    const counters = families.scalars(COUNTERS);
    const alarms = families.labelled(ALARM_ACTIVE);
    const census = registerCensus(families);
    families.labelled(BUILD_INFO)([{ labels: { version, revision, node_version: nodeVersion }, value: 1 }]);
    const sourceUp = families.labelled(SOURCE_UP);
    const sourceDuration = families.labelled(SOURCE_DURATION);
    const agent = families.scalars(AGENT);
    const pages = families.labelled(PAGES);
    const process = families.scalars(PROCESS);
    this.#publish = (publication) => {
      const { reading, status } = publication;
      table({ reading, status });
      timeouts(timeoutSeries(reading.timeouts));
      counters(status.counters);
      alarms(alarmSeries(status.alarms));
      census(publication.census);
      sourceUp(sourceUpSeries(reading.sources));
      sourceDuration(sourceDurationSeries(reading.sources));
      agent(publication.agent);
      pages(pageSeries(publication.pages));
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
