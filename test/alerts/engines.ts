/** Engines that evaluate rules: Prometheus of Debian and a newer one, and vmalert over VictoriaMetrics. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { newerProgramPath, programPath } from '../../simulator/program-paths.ts';
import { ServingProgram, startPrometheus } from '../../simulator/programs.ts';

export type FiringAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};

export type Engine = {
  /** Firing alerts in the order of their names and nodes. */
  readonly firing: () => Promise<FiringAlert[]>;
  readonly stop: () => Promise<void>;
};

export type EngineOptions = {
  readonly folder: string;
  readonly rulesFile: string;
  readonly targets: readonly { readonly path: string; readonly labels: Readonly<Record<string, string>> }[];
  /** `host:port` of the targets. */
  readonly address: string;
};

/** Several evaluations for each scrape: what came and went between two scrapes is seen until the next one, and no longer. */
const SCRAPE_SECONDS = 3;

export const ENGINES = [
  {
    name: 'Prometheus of Debian 12',
    needs: ['prometheus'],
    start: (options: EngineOptions) => prometheus(programPath('prometheus')!, options, {}, []),
  },
  {
    name: 'Prometheus 3.5, classic histograms turned into native ones',
    needs: ['newer prometheus'],
    start: (options: EngineOptions) =>
      prometheus(newerProgramPath('prometheus')!, options, { convert_classic_histograms_to_nhcb: true }, [
        '--enable-feature=native-histograms',
      ]),
  },
  { name: 'vmalert over VictoriaMetrics', needs: ['newer victoria-metrics', 'newer vmalert'], start: vmalert },
] as const;

async function prometheus(command: string, options: EngineOptions, scrape: object, flags: string[]): Promise<Engine> {
  const folder = join(options.folder, command.replaceAll('/', '_'));
  await mkdir(folder);
  await writeFile(join(folder, 'prometheus.yml'), scrapeConfig(options, scrape, [options.rulesFile]));
  const program = await startPrometheus(command, folder, flags);
  return { firing: () => firingOf(program), stop: () => program.stop() };
}

/** VictoriaMetrics scrapes and keeps, vmalert evaluates. Told to wait for 3 s for late samples, where 30 s are usual. */
async function vmalert(options: EngineOptions): Promise<Engine> {
  const folder = join(options.folder, 'victoria-metrics');
  await mkdir(folder);
  await writeFile(join(folder, 'scrape.yml'), scrapeConfig(options, {}));
  const storage = await ServingProgram.start(newerProgramPath('victoria-metrics')!, (address) => [
    `-promscrape.config=${join(folder, 'scrape.yml')}`,
    `-storageDataPath=${folder}`,
    `-httpListenAddr=${address}`,
    '-search.latencyOffset=0s',
    '-inmemoryDataFlushInterval=1s',
  ]);
  const alerts = await ServingProgram.start(newerProgramPath('vmalert')!, (address) => [
    `-rule=${options.rulesFile}`,
    `-datasource.url=${storage.url}`,
    `-remoteWrite.url=${storage.url}`,
    '-remoteWrite.flushInterval=200ms',
    '-notifier.blackhole',
    '-evaluationInterval=1s',
    '-rule.evalDelay=3s',
    `-httpListenAddr=${address}`,
  ]);
  return {
    firing: () => firingOf(alerts),
    stop: async () => {
      await alerts.stop();
      await storage.stop();
    },
  };
}

function scrapeConfig({ targets, address }: EngineOptions, scrape: object, ruleFiles?: readonly string[]): string {
  return stringify({
    global: {
      scrape_interval: `${SCRAPE_SECONDS}s`,
      scrape_timeout: '1s',
      ...(ruleFiles && { evaluation_interval: '1s' }),
    },
    ...(ruleFiles && { rule_files: ruleFiles }),
    scrape_configs: [
      {
        job_name: 'conntrack-agent',
        ...scrape,
        static_configs: targets.map(({ path, labels }) => ({
          targets: [address],
          labels: { __metrics_path__: path, ...labels },
        })),
      },
    ],
  });
}

async function firingOf({ url }: ServingProgram): Promise<FiringAlert[]> {
  const answer = await fetch(`${url}/api/v1/alerts`);
  const { data } = (await answer.json()) as { data: { alerts: (FiringAlert & { state: string })[] } };
  return data.alerts
    .filter(({ state }) => state === 'firing')
    .map(({ labels, annotations }) => ({ labels: ownLabels(labels), annotations }))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** vmalert adds the name of the group to what it shows, not to what it sends. */
function ownLabels({ alertgroup: _group, ...labels }: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort());
}

/** `ConntrackTableFull a`; of a cluster alert that of the cluster. */
export function nameOf({ labels }: FiringAlert): string {
  return `${labels['alertname']} ${labels['node'] ?? labels['instance'] ?? labels['cluster'] ?? ''}`.trim();
}
