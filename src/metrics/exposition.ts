import { Registry } from 'prom-client';
import type { ProcessUsage } from '../host/process-usage.ts';
import type { Reading } from '../host/reading.ts';
import type { Status } from '../judge/table-judge.ts';
import { AGENT, type AgentSource, BUILD_INFO } from './agent.ts';
import { COUNTERS } from './counters.ts';
import { registerGauge, registerScalars } from './family.ts';
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
import { PROCESS } from './process.ts';
import { TABLE } from './table.ts';
import { registerUsage } from './usage.ts';

export type Format = 'text' | 'openmetrics';

/** All that a scrape shows, read and judged before it is published: no metric does I/O of its own. */
export type Publication = {
  readonly reading: Reading;
  readonly status: Status;
  readonly agent: AgentSource;
  readonly process: ProcessUsage;
};

export type BuildInfo = { readonly version: string; readonly revision: string; readonly nodeVersion: string };

/** The metric families of one agent and the text that shows them. */
export class Exposition {
  readonly #registry = new Registry();
  readonly #publish: (publication: Publication) => void;
  /** Takes the usage of one sample. */
  readonly observeUsage: (usage: number) => void;

  constructor({ version, revision, nodeVersion }: BuildInfo) {
    const registry = this.#registry;
    const table = registerScalars(registry, TABLE);
    this.observeUsage = registerUsage(registry);
    const timeouts = registerGauge(registry, TIMEOUT);
    const counters = registerScalars(registry, COUNTERS);
    const alarms = registerGauge(registry, ALARM_ACTIVE);
    registerGauge(registry, BUILD_INFO)([{ labels: { version, revision, node_version: nodeVersion }, value: 1 }]);
    const sourceUp = registerGauge(registry, SOURCE_UP);
    const sourceDuration = registerGauge(registry, SOURCE_DURATION);
    const agent = registerScalars(registry, AGENT);
    const process = registerScalars(registry, PROCESS);
    this.#publish = (publication) => {
      const { reading, status } = publication;
      table({ reading, status });
      timeouts(timeoutSeries(reading.timeouts));
      counters(status.counters);
      alarms(alarmSeries(status.alarms));
      sourceUp(sourceUpSeries(reading.sources));
      sourceDuration(sourceDurationSeries(reading.sources));
      agent(publication.agent);
      process(publication.process);
    };
  }

  async render(publication: Publication, format: Format): Promise<{ contentType: string; body: string }> {
    this.#publish(publication);
    const text = await this.#registry.metrics();
    return format === 'text'
      ? { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: text }
      : { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body: openMetricsOf(text) };
  }
}

/**
 * OpenMetrics 1.0 out of the Prometheus text. They differ, for what we export, in the name of a counter's family (there
 * without `_total`), in blank lines, and in the end mark. prom-client can write it too, but renames the shared
 * metrics while doing so.
 */
export function openMetricsOf(text: string): string {
  const families = text.replaceAll(/^# (HELP|TYPE) (\w+)_total /gm, '# $1 $2 ').replaceAll(/\n{2,}/g, '\n');
  return `${families}# EOF\n`;
}
