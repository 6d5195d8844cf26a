import { THRESHOLD_ENTRIES, THRESHOLD_ORDER, THRESHOLDS, type Thresholds } from '../model/alarms/thresholds.ts';
import { hostPort } from '../model/text/address.ts';
import { durationText } from './option-values.ts';
import type { Command, Config, OptionKey, Origins, PartialSettings, Settings } from './options.ts';

/** What no single value can tell: settings that do not go together, and ones that are allowed but will hurt. */

/** Scrape intervals end at 2 min in practice: a series is stale after 5 min, and one lost scrape must not make it so. */
const SHORT_KEEP_ALIVE_MS = 120_000;

export function conflicts(settings: PartialSettings, origins: Origins, command: Command): string[] {
  return [
    ...unusedVia(settings, origins),
    ...shortWindow(settings, origins),
    ...sameAddress(settings, origins),
    ...alertmanagerConflicts(settings, origins),
    ...flowConflicts(settings, origins, command),
    ...alarmConflicts(settings, origins),
    ...(command === 'healthcheck' || command === 'readycheck' ? socketOff(settings, origins, command) : []),
  ];
}

/** What is allowed and will hurt. */
export function warningsOf(settings: Settings, origins: Origins, command: Command): string[] {
  return [
    ...shortKeepAlive(settings, origins),
    ...alertmanagerWarnings(settings, origins),
    ...flowWarnings(settings, origins, command),
    ...kubeProxyWarnings(settings, origins, command),
  ];
}

function shortKeepAlive({ keepAliveMs }: Settings, origins: Origins): string[] {
  const flag = origins.get('keepAliveMs');
  if (flag === undefined || keepAliveMs >= SHORT_KEEP_ALIVE_MS) return [];
  const wanted = `at least ${durationText(SHORT_KEEP_ALIVE_MS)}, got "${durationText(keepAliveMs)}"`;
  return [`${flag}: expected ${wanted}; a scraper that has to reconnect is shut out while the table is full`];
}

function unusedVia({ collectCounters }: PartialSettings, origins: Origins): string[] {
  const via = origins.get('countersVia');
  if (collectCounters !== false || via === undefined) return [];
  return [`${via}: contradicts ${origins.get('collectCounters')}, which turns the counters off`];
}

function shortWindow({ sampleMs, peakWindowMs }: PartialSettings, origins: Origins): string[] {
  if (sampleMs === undefined || peakWindowMs === undefined || peakWindowMs >= sampleMs) return [];
  const flag = origins.get('peakWindowMs') ?? origins.get('sampleMs');
  const got = `a window of "${durationText(peakWindowMs)}" and samples every "${durationText(sampleMs)}"`;
  return [`${flag}: expected a peak window no shorter than the sample interval, got ${got}`];
}

/** Port 0 may come twice: the kernel picks two different ones. */
function sameAddress({ listenAddresses = [] }: PartialSettings, origins: Origins): string[] {
  const texts = listenAddresses.filter(({ port }) => port !== 0).map(({ host, port }) => hostPort(host, port));
  const twice = new Set(texts.filter((text, i) => texts.indexOf(text) !== i));
  return [...twice].map(
    (text) => `${origins.get('listenAddresses')}: expected different addresses, got "${text}" twice`,
  );
}

function socketOff(settings: PartialSettings, origins: Origins, command: Command): string[] {
  if (!Object.hasOwn(settings, 'socketPath') || settings.socketPath !== undefined) return [];
  return [`${origins.get('socketPath')}: ${command} asks over this socket, expected a path, got ""`];
}

const OF_THE_COMMAND = ['by', 'whatIf', 'watch', 'json'] as const satisfies readonly OptionKey[];
const OF_FLOW_SAMPLES = ['flowsSchedule', 'openersSchedule', 'sampleSize'] as const satisfies readonly OptionKey[];

/** Of the flow sample alone, unless the network namespaces are ranked too. */
function ofFlowSamples({ collectNetns }: PartialSettings): readonly OptionKey[] {
  return collectNetns === true ? OF_FLOW_SAMPLES : [...OF_FLOW_SAMPLES, 'flowsTop'];
}

/** Flags of `flows` with another command; a flow sample that is set up and turned off. */
function flowConflicts(settings: PartialSettings, origins: Origins, command: Command): string[] {
  if (command === 'flows') return twoViews(origins);
  const { collectFlows } = settings;
  const named = (key: OptionKey) => origins.get(key) ?? [];
  const strays = OF_THE_COMMAND.flatMap(named).map(
    (flag) => `${flag}: belongs to the command flows, the command is "${command}"`,
  );
  const off = origins.get('collectFlows');
  if (command !== 'serve' || collectFlows !== false || off === undefined) return strays;
  return [
    ...strays,
    ...ofFlowSamples(settings)
      .flatMap(named)
      .map((flag) => `${flag}: contradicts ${off}, which turns the flow sample off`),
  ];
}

function twoViews(origins: Origins): string[] {
  const [by, whatIf] = [origins.get('by'), origins.get('whatIf')];
  return by === undefined || whatIf === undefined ? [] : [`${whatIf}: contradicts ${by}, which shows a ranking alone`];
}

/** A manifest may carry what its patch for the flow sample needs, so this is only a warning. */
function flowWarnings(settings: Settings, origins: Origins, command: Command): string[] {
  if (command !== 'serve' || settings.collectFlows) return [];
  return ofFlowSamples(settings)
    .flatMap((key) => origins.get(key) ?? [])
    .map((flag) => `${flag}: expected --collector.flows beside it, got none; no flow sample is taken`);
}

/** Whom the agent does not ask it does not need the address of; doctor asks unasked. */
function kubeProxyWarnings({ collectKubeProxy }: Settings, origins: Origins, command: Command): string[] {
  const flag = origins.get('kubeProxyAddress');
  if (command !== 'serve' || collectKubeProxy || flag === undefined) return [];
  return [`${flag}: expected --collector.kube-proxy beside it, got none; kube-proxy is not asked`];
}

/** Of no use without an Alertmanager. */
const ALERTMANAGER_KEYS = [
  'alertLabels',
  'keepAlive',
  'caFile',
  'basicAuthUsername',
  'passwordFile',
  'bearerTokenFile',
  'alertHeaders',
  'alertHeaderFiles',
  'clientCertFile',
  'clientKeyFile',
] as const satisfies readonly OptionKey[];

function alertmanagerConflicts(settings: PartialSettings, origins: Origins): string[] {
  return [
    ...withoutUrl(origins),
    ...halfOfBasicAuth(origins),
    ...twoCredentials(origins),
    ...twoHeaders(settings, origins),
    ...halfOfCertificate(origins),
    ...withoutTls(settings, origins, 'caFile'),
    ...withoutTls(settings, origins, 'clientCertFile'),
    ...repeated(
      origins.get('alertmanagerUrls'),
      (settings.alertmanagerUrls ?? []).map(({ href }) => href),
    ),
    ...repeated(
      origins.get('alertLabels'),
      (settings.alertLabels ?? []).map(({ name }) => name),
    ),
  ];
}

/** What is allowed and will hurt. */
function alertmanagerWarnings({ alertmanagerUrls = [] }: PartialSettings, origins: Origins): string[] {
  const secret = origins.get('passwordFile') ?? origins.get('bearerTokenFile') ?? origins.get('alertHeaderFiles');
  const open = alertmanagerUrls.find(({ protocol }) => protocol === 'http:');
  if (secret === undefined || open === undefined) return [];
  return [`${secret}: expected https, got "${open.href}"; whoever is on the way can read the secret`];
}

/** A URL that could not be parsed has its problem already. */
function withoutUrl(origins: Origins): string[] {
  if (origins.has('alertmanagerUrls')) return [];
  return ALERTMANAGER_KEYS.flatMap((key) => origins.get(key) ?? []).map(
    (flag) => `${flag}: expected --alertmanager.url beside it, got none`,
  );
}

function halfOfBasicAuth(origins: Origins): string[] {
  const [user, password] = [origins.get('basicAuthUsername'), origins.get('passwordFile')];
  if (user !== undefined && password === undefined)
    return [`${user}: expected --alertmanager.basic-auth.password-file beside it, got none`];
  if (user === undefined && password !== undefined)
    return [`${password}: expected --alertmanager.basic-auth.username beside it, got none`];
  return [];
}

function twoCredentials(origins: Origins): string[] {
  const token = origins.get('bearerTokenFile');
  const user = origins.get('basicAuthUsername') ?? origins.get('passwordFile');
  return token === undefined || user === undefined ? [] : [`${token}: contradicts ${user}`];
}

/** Names regardless of case, of both flags; and a second Authorization beside that of the credentials. */
function twoHeaders({ alertHeaders = [], alertHeaderFiles = [] }: PartialSettings, origins: Origins): string[] {
  const [plain, files] = [alertHeaders, alertHeaderFiles].map((list) => list.map(({ name }) => name.toLowerCase()));
  const [flag, fileFlag] = [origins.get('alertHeaders'), origins.get('alertHeaderFiles')];
  const credentials = origins.get('bearerTokenFile') ?? origins.get('basicAuthUsername') ?? origins.get('passwordFile');
  const all = [...plain!.map((name) => [name, flag] as const), ...files!.map((name) => [name, fileFlag] as const)];
  const authorization = all.find(([name]) => name === 'authorization');
  return [
    ...repeated(flag, plain!),
    ...repeated(fileFlag, files!),
    ...files!.filter((name) => plain!.includes(name)).map((name) => `${fileFlag}: contradicts ${flag} for "${name}"`),
    ...(authorization === undefined || credentials === undefined
      ? []
      : [`${authorization[1]}: the header "authorization" contradicts ${credentials}, which sets it`]),
  ];
}

function halfOfCertificate(origins: Origins): string[] {
  const [cert, key] = [origins.get('clientCertFile'), origins.get('clientKeyFile')];
  if (cert !== undefined && key === undefined) return [`${cert}: expected --alertmanager.key-file beside it, got none`];
  if (cert === undefined && key !== undefined) return [`${key}: expected --alertmanager.cert-file beside it, got none`];
  return [];
}

function withoutTls(
  { alertmanagerUrls = [] }: PartialSettings,
  origins: Origins,
  key: 'caFile' | 'clientCertFile',
): string[] {
  const flag = origins.get(key);
  const isUseless = alertmanagerUrls.length > 0 && alertmanagerUrls.every(({ protocol }) => protocol === 'http:');
  return flag === undefined || !isUseless ? [] : [`${flag}: expected an https URL, got "${alertmanagerUrls[0]!.href}"`];
}

function repeated(flag: string | undefined, texts: readonly string[]): string[] {
  const twice = new Set(texts.filter((text, i) => texts.indexOf(text) !== i));
  return [...twice].map((text) => `${flag}: expected each once, got "${text}" twice`);
}

/** Thresholds out of a configuration, and those that exclude each other. */

export function thresholdsOf(config: Config): Thresholds {
  return Object.fromEntries(THRESHOLD_ENTRIES.map(([key]) => [key, config[key]])) as Thresholds;
}

/** Thresholds with which an alarm would never end, or a lesser one come after a greater one. */
function alarmConflicts(settings: PartialSettings, origins: Origins): string[] {
  return THRESHOLD_ORDER.flatMap(([lower, higher]) => {
    const [low, high] = [settings[lower], settings[higher]];
    if (low === undefined || high === undefined || low < high) return [];
    const flag = origins.get(lower) ?? origins.get(higher);
    const [lowerFlag, higherFlag] = [lower, higher].map((key) => `--alarm.${THRESHOLDS[key].flag}`);
    return [`${flag}: expected ${lowerFlag} below ${higherFlag}, got ${low} and ${high}`];
  });
}
