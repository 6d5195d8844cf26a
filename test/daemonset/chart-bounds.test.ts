/** What the chart takes the agent takes, and what the chart refuses the agent refuses: for every flag, at and beyond each bound. */
import { describe, expect, it } from 'vitest';
import { valueNameOf } from '../../daemonset/helm/values/flags.ts';
import { durationText, type Option } from '../../src/config/option-values.ts';
import { OPTION_ENTRIES, OPTIONS } from '../../src/config/options.ts';
import { ConfigError, parseConfig } from '../../src/config/parse-config.ts';
import { THRESHOLD_ENTRIES } from '../../src/model/alarms/thresholds.ts';
import { has } from '../needs.ts';
import { renderChart, type Values } from './chart.ts';

const ENV = { NODE_NAME: 'n', NODE_IP: '10.0.0.1' };
const FIXED = ['--web.listen-address=:10098', '--web.socket=/run/conntrack-agent/agent.sock'];
const URLS = { 'alertmanager.urls': ['http://am:9093'] };

function agentProblems(args: readonly string[]): readonly string[] {
  try {
    parseConfig([...FIXED, ...args], ENV, 'n');
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const chartRefusal = (values: Values) =>
  renderChart(values).then(
    () => '',
    ({ stderr }: { stderr: string }) => stderr.replaceAll(/^level=INFO.*\n/gm, ''),
  );

/** Cases that only one of them takes. */
async function disagreements(cases: readonly (readonly [Values, readonly string[]])[]): Promise<string[]> {
  const found: string[] = [];
  for (let at = 0; at < cases.length; at += 4) {
    const some = cases.slice(at, at + 4).map(async ([values, args]) => {
      const [refusal, problems] = [await chartRefusal(values), agentProblems(args)];
      const isSame = (refusal === '') === (problems.length === 0);
      if (!isSame)
        found.push(`${JSON.stringify(values)}: chart: ${refusal || 'taken'}, agent: ${problems.join() || 'taken'}`);
    });
    await Promise.all(some);
  }
  return found;
}

/** Texts at, below and above the bounds, and some that are none of the kind. */
function textsOf(option: Option): string[] {
  const { shape } = option.value;
  if (shape?.kind === 'duration') {
    const at = [shape.from - 1, shape.from, shape.from + 1, shape.to - 1, shape.to, shape.to + 1];
    const texts = at.map(durationText);
    return option !== OPTIONS.timeToActMs
      ? texts
      : [...texts, '08m', '90s', '1m30s', '30s1m', '1m1m', '15', '1.5m', '99999999999d', '1w'];
  }
  if (shape?.kind === 'whole') return [shape.from, shape.to, shape.to + 1, shape.from - 1].map(String);
  if (shape?.kind !== 'decimal') throw new TypeError('expected a shape with bounds');
  const { from, to } = shape;
  return [
    String(from),
    String(to),
    (from * 0.99).toFixed(6),
    (to * 1.01).toFixed(6),
    '0.5',
    '00.5',
    '.5',
    '1e0',
    '0.5\n',
  ];
}

const HAS_HELM = has('newer helm');
if (!HAS_HELM) process.stdout.write('skipped: the bounds of the chart: needs helm; run .ci/helm\n');

describe.skipIf(!HAS_HELM)('the chart and the agent agree', { timeout: 120_000 }, () => {
  it('on every threshold of the alarms', async () => {
    const cases = THRESHOLD_ENTRIES.flatMap(([key, { flag }]) =>
      textsOf(OPTIONS[key]).map(
        (text) => [{ [`alarms.${valueNameOf(flag)}`]: text }, [`--alarm.${flag}=${text}`]] as const,
      ),
    );
    expect(await disagreements(cases)).toEqual([]);
    expect(cases.length).toBeGreaterThan(90);
  });

  it('on every threshold given as a number', async () => {
    const numbers = THRESHOLD_ENTRIES.filter(([, { kind }]) => kind !== 'duration');
    const cases = numbers.flatMap(([, { flag, from, to }]) =>
      [from, to, from / 2, to * 1.01, 1e-7].map(
        (number) => [{ [`alarms.${valueNameOf(flag)}`]: number }, [`--alarm.${flag}=${number}`]] as const,
      ),
    );
    expect(await disagreements(cases)).toEqual([]);
  });

  it('on the flow sample', async () => {
    const numbers = [
      ['flows.sampleSize', OPTIONS.sampleSize],
      ['flows.top', OPTIONS.flowsTop],
    ] as const;
    const sizes = numbers.flatMap(([name, option]) =>
      textsOf(option).map(
        (text) =>
          [{ 'flows.enabled': true, [name]: Number(text) }, ['--collector.flows', `--${option.flag}=${text}`]] as const,
      ),
    );
    const schedules = SCHEDULES.map(
      (text) =>
        [{ 'flows.enabled': true, 'flows.schedule': text }, ['--collector.flows', `--flows.schedule=${text}`]] as const,
    );
    expect(await disagreements([...sizes, ...schedules])).toEqual([]);
  });

  it('on the URL of an Alertmanager', async () => {
    const cases = BASE_URLS.map(
      (urls) => [{ 'alertmanager.urls': urls }, urls.map((url) => `--alertmanager.url=${url}`)] as const,
    );
    expect(await disagreements(cases)).toEqual([]);
  });

  it('on external labels, credentials and authorities', async () => {
    const labels = EXTERNAL_LABELS.map(
      ([name, value]) =>
        [
          { ...URLS, 'alertmanager.externalLabels': { [name]: value } },
          ['--alertmanager.url=http://am:9093', `--alertmanager.external-label=${name}=${value}`],
        ] as const,
    );
    const names = ['a', 'a b', 'a:b', 'a\nb', 'ü', '"', "'", '{{ 1 }}', '#'].map(
      (username) =>
        [
          {
            ...URLS,
            'alertmanager.secretName': 's',
            'alertmanager.passwordKey': 'p',
            'alertmanager.username': username,
          },
          [
            '--alertmanager.url=http://am:9093',
            '--alertmanager.basic-auth.password-file=p',
            `--alertmanager.basic-auth.username=${username}`,
          ],
        ] as const,
    );
    const authorities = [['http://a'], ['https://a'], ['http://a', 'https://a']].map(
      (urls) =>
        [
          { 'alertmanager.urls': urls, 'alertmanager.secretName': 's', 'alertmanager.caKey': 'ca.crt' },
          [...urls.map((url) => `--alertmanager.url=${url}`), '--alertmanager.ca-file=ca.crt'],
        ] as const,
    );
    expect(await disagreements([...labels, ...names, ...authorities])).toEqual([]);
  });

  it('on every flag among extraArgs that no value sets', async () => {
    const free = OPTION_ENTRIES.filter(([, { flag }]) => !OWNED.test(flag));
    expect(free.length).toBeGreaterThan(12);
    for (const text of TEXTS) {
      const args = free.map(([, { flag }]) => `--${flag}=${text}`);
      const refusal = await chartRefusal({ extraArgs: args });
      const ofChart = free.filter(([, { flag }]) => refusal.includes(`- extraArgs: --${flag}: expected `));
      const problems = agentProblems(args);
      const ofAgent = free.filter(([, { flag }]) => problems.some((line) => line.startsWith(`--${flag}: expected`)));
      const flags = (some: typeof free) =>
        some.map(([, { flag }]) => flag).filter((flag) => flag !== 'sample.peak-window');
      expect(flags(ofChart), text).toEqual(flags(ofAgent));
    }
  });

  it('on pairs of flags among extraArgs', async () => {
    const cases = PAIRS.map((args) => [{ extraArgs: args }, args] as const);
    expect(await disagreements(cases)).toEqual([]);
  });
});

const SCHEDULES = [
  '* * * * *',
  '*/30 * * * * *',
  '61 * * * *',
  '59 23 31 12 7',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '0-59/5 * * * *',
  '5-1 * * * *',
  '5/5 * * * *',
  '*/0 * * * *',
  '1,2,08 * * * *',
  '1,,2 * * * *',
  '60 * * * * *',
  '* * * JAN *',
  '*  *   * * *',
];

const BASE_URLS = [
  ['http://am:9093'],
  ['https://am.monitoring.svc.cluster.local:9093/alertmanager/'],
  ['http://[::1]:9093'],
  ['http://[fd00::1:2]/am'],
  ['http://[:::]'],
  ['http://10.0.0.1'],
  ['http://10.0.0.256'],
  ['http://am:65535'],
  ['http://am:65536'],
  ['http://am:99999'],
  ['http://am:0'],
  ['http://am:'.concat('x')],
  ['ftp://am'],
  ['http://'],
  ['http:///am'],
  ['am:9093'],
  ['http://am/api/v2'],
  ['http://user:pw@am'],
  ['http://am/?a=b'],
  ['http://am/\nb'],
  ['http://am', 'http://am/'],
  ['http://am', 'http://am:80'],
  ['https://AM', 'https://am:443/'],
  ['http://am/a', 'http://am/A'],
  ['http://am', 'https://am'],
];

const EXTERNAL_LABELS = [
  ['cluster', 'blue'],
  ['node', 'x'],
  ['severity', 'x'],
  ['alertname', 'x'],
  ['nodes', 'x'],
  ['_a', 'x'],
  ['__a', 'x'],
  ['k8s-cluster', 'x'],
  ['1a', 'x'],
  ['a', ''],
  ['a', 'b=c'],
  ['a', 'two\nlines: "quoted"'],
] as const;

/** Flags that values set, or the chart itself, and those of other commands: refused among extraArgs with a hint. */
const OWNED =
  /^(alarm|alertmanager)\.|^(by|what-if|watch|json|path\.procfs|web\.(socket|untracked|config\.file)|collector\.(flows|netns)|flows\.(schedule|top|sample-size))$/;

const TEXTS = [
  ...['x', 'true', '0', '1', '2', '9ms', '10ms', '1s', '999ms', '10s', '11s', '1h', '1d', '25h', '-1', '1e3', 'a b'],
  ...[
    'debug',
    'DEBUG',
    'json',
    'auto',
    'ctnetlink',
    'all',
    'common',
    '/metrics',
    '/api',
    '/apix',
    '/API/x',
    '/-/x',
    'x/',
    '/a//b',
  ],
  ...[
    ':10097',
    ':0',
    ':65535',
    ':65536',
    'a:1',
    '[::1]:1',
    '[::g]:1',
    '127.0.0.1:10249',
    '127.0.0.1:0',
    '1.2.3:1',
    '1.2.3.4',
    '::1',
  ],
  ...['a.example', 'a..b', '-a', 'a-', 'a_b', '* * * * *', '61 * * * *', 'two\nlines', '"', '#', '{{', 'ü'],
];

const PAIRS = [
  ['--sample.interval=10s', '--sample.peak-window=9s'],
  ['--sample.interval=10s', '--sample.peak-window=10s'],
  ['--log.level=debug', '--log.level=info'],
  ['--no-collector.counters', '--collector.counters.via=procfs'],
  ['--collector.counters=false', '--collector.counters.via=procfs'],
  ['--no-collector.counters'],
  ['--no-collector.counters=true'],
  ['--no-log.level'],
  ['--log.level'],
  ['--web.allowed-host=a', '--web.allowed-host=b'],
  ['--web.listen-address=:10098'],
  ['--web.listen-address=:10097'],
  ['--nothing=1'],
  ['--log.level debug'],
  ['--watch'],
];
