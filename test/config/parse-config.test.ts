import { describe, expect, it } from 'vitest';
import { COMMANDS, type Config, OPTION_ENTRIES, variableOf } from '../../src/config/options.ts';
import { ConfigError, parseConfig } from '../../src/config/parse-config.ts';
import { DEFAULT_THRESHOLDS } from '../../src/model/alarms/thresholds.ts';

type Env = Record<string, string>;

const COMMAND_NAMES = Object.keys(COMMANDS).join(', ');

function serve(argv: string[], env: Env = {}) {
  const invocation = parseConfig(argv, env, 'this-host');
  if (invocation.command !== 'serve') throw new TypeError(`got ${invocation.command}`);
  return invocation;
}

function problems(argv: string[], env: Env = {}): readonly string[] {
  try {
    parseConfig(argv, env, 'this-host');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('parseConfig()', () => {
  it('serves with the defaults when nothing is said', () => {
    expect(serve([])).toEqual({
      command: 'serve',
      warnings: [],
      config: {
        procRoot: '/proc',
        listenAddresses: [{ host: '', port: 10098 }],
        socketPath: '/run/conntrack-agent/agent.sock',
        telemetryPath: '/metrics',
        keepAliveMs: 600_000,
        untracked: false,
        webConfigFile: undefined,
        allowedHosts: [],
        sampleMs: 100,
        peakWindowMs: 60_000,
        nodeName: 'this-host',
        nodeIp: undefined,
        logLevel: 'info',
        logFormat: 'json',
        collectCounters: true,
        countersVia: 'auto',
        collectFlows: false,
        flowsSchedule: '*/30 * * * * *',
        openersSchedule: '*/10 * * * * *',
        sampleSize: 20_000,
        flowsTop: 20,
        collectKubeProxy: false,
        kubeProxyAddress: { host: '127.0.0.1', port: 10_249 },
        collectNetns: false,
        by: undefined,
        whatIf: undefined,
        watch: false,
        json: false,
        alertmanagerUrls: [],
        alertHeaderFiles: [],
        alertHeaders: [],
        clientCertFile: undefined,
        clientKeyFile: undefined,
        alertLabels: [],
        keepAlive: true,
        caFile: undefined,
        basicAuthUsername: undefined,
        passwordFile: undefined,
        bearerTokenFile: undefined,
        timeouts: 'common',
        ...DEFAULT_THRESHOLDS,
        given: new Set(),
      },
    });
  });

  it.each<[string, string[], Env, Partial<Config>]>([
    ['a value after "="', ['--sample.interval=1s'], {}, { sampleMs: 1000 }],
    ['a value after a space', ['--sample.interval', '1s'], {}, { sampleMs: 1000 }],
    ['a value with "=" in it', ['--path.procfs=/a=b'], {}, { procRoot: '/a=b' }],
    ['a flag after the command', ['serve', '--log.level=warn'], {}, { logLevel: 'warn' }],
    ['a flag before the command', ['--log.level', 'warn', 'serve'], {}, { logLevel: 'warn' }],
    ['the command after "--"', ['--log.level=warn', '--', 'serve'], {}, { logLevel: 'warn' }],
    ['an empty value that means off', ['--web.socket='], {}, { socketPath: undefined }],
    ['an empty value of its own', ['--web.socket', ''], {}, { socketPath: undefined }],
    ['an empty variable that means off', [], { CONNTRACK_AGENT_WEB_SOCKET: '' }, { socketPath: undefined }],
    ['a switch', ['--collector.counters'], { CONNTRACK_AGENT_COLLECTOR_COUNTERS: '0' }, { collectCounters: true }],
    ['a switch turned off', ['--no-collector.counters'], {}, { collectCounters: false }],
    ['a switch with a value', ['--collector.counters=false'], {}, { collectCounters: false }],
    ['a switch in a variable', [], { CONNTRACK_AGENT_COLLECTOR_COUNTERS: 'false' }, { collectCounters: false }],
    ['a variable', [], { CONNTRACK_AGENT_SAMPLE_PEAK_WINDOW: '2m' }, { peakWindowMs: 120_000 }],
    ['a flag over its variable', ['--log.level=warn'], { CONNTRACK_AGENT_LOG_LEVEL: 'error' }, { logLevel: 'warn' }],
    [
      'the node from the downward API',
      [],
      { NODE_NAME: 'n1', NODE_IP: 'fd00::1' },
      { nodeName: 'n1', nodeIp: 'fd00::1' },
    ],
    [
      'an empty downward API as absent',
      [],
      { NODE_NAME: '', NODE_IP: '' },
      { nodeName: 'this-host', nodeIp: undefined },
    ],
    ['our variable over the node’s', [], { NODE_NAME: 'n1', CONNTRACK_AGENT_NODE_NAME: 'n2' }, { nodeName: 'n2' }],
    ['a flag over both', ['--node.name=n3'], { NODE_NAME: 'n1', CONNTRACK_AGENT_NODE_NAME: 'n2' }, { nodeName: 'n3' }],
  ])('takes %s', (_what, argv, env, expected) => {
    expect(serve(argv, env).config).toMatchObject(expected);
  });

  it('collects a repeated flag, and a variable with commas, in order', () => {
    const listenAddresses = [
      { host: '::1', port: 80 },
      { host: '', port: 0 },
      { host: '', port: 0 },
    ];
    const argv = ['--web.listen-address=[::1]:80', '--web.listen-address', ':0', '--web.listen-address=:0'];
    expect(serve(argv, { CONNTRACK_AGENT_WEB_LISTEN_ADDRESS: ':1' }).config).toMatchObject({ listenAddresses });
    expect(serve([], { CONNTRACK_AGENT_WEB_LISTEN_ADDRESS: '[::1]:80, :0,:0' }).config).toMatchObject({
      listenAddresses,
    });
  });

  it('tells what the operator named from what is a default, even when both are equal', () => {
    const argv = ['--web.socket=/run/conntrack-agent/agent.sock'];
    expect(serve(argv, { CONNTRACK_AGENT_LOG_LEVEL: 'info' }).config.given).toEqual(
      new Set(['socketPath', 'logLevel']),
    );
  });

  it.each<[string[], string]>([
    [['--help'], 'help'],
    [['-h'], 'help'],
    [['help'], 'help'],
    [['help', 'healthcheck'], 'help'],
    [['healthcheck', '--help'], 'help'],
    [['--version', '--bogus'], 'version'],
    [['--version', '-h'], 'help'],
    [['-h', '--version'], 'help'],
    [['--node.name', '--help'], 'help'],
    [['healthcheck'], 'healthcheck'],
  ])('%j asks for %s', (argv, command) => {
    expect(parseConfig(argv, {}, 'this-host').command).toBe(command);
  });

  it.each<[string[], Env, string]>([
    [['--sample.interval=1ms'], {}, '--sample.interval: expected a duration from 10ms to 10s, got "1ms"'],
    [
      [],
      { CONNTRACK_AGENT_SAMPLE_INTERVAL: '1ms' },
      'CONNTRACK_AGENT_SAMPLE_INTERVAL (--sample.interval): expected a duration from 10ms to 10s, got "1ms"',
    ],
    [[], { NODE_IP: 'nowhere' }, 'NODE_IP (--node.ip): expected an IPv4 or IPv6 address, got "nowhere"'],
    [['--log.level='], {}, '--log.level: expected one of debug, info, warn, error, got ""'],
    [
      [],
      { CONNTRACK_AGENT_LOG_LEVEL: '' },
      'CONNTRACK_AGENT_LOG_LEVEL (--log.level): expected one of debug, info, warn, error, got ""',
    ],
    [
      [],
      { CONNTRACK_AGENT_WEB_LISTEN_ADDRESS: ':1,' },
      'CONNTRACK_AGENT_WEB_LISTEN_ADDRESS (--web.listen-address): expected host:port, [IPv6]:port or :port, got ""',
    ],
    [['--log.level'], {}, '--log.level: expected a value after it, got nothing'],
    [
      ['--node.name', '--log.level=warn'],
      {},
      '--node.name: expected a value after it, got the flag "--log.level=warn"',
    ],
    [['--log.level=info', '--log.level=info'], {}, '--log.level: expected once, got it 2 times'],
    [
      ['--no-collector.counters', '--collector.counters'],
      {},
      '--no-collector.counters: contradicts --collector.counters',
    ],
    [['--no-collector.counters=true'], {}, '--no-collector.counters: expected no value, got "true"'],
    [['--collector.counters=yes'], {}, '--collector.counters: expected true, false, 1 or 0, got "yes"'],
    [
      ['--no-collector.counters', '--collector.counters.via=auto'],
      {},
      '--collector.counters.via: contradicts --no-collector.counters, which turns the counters off',
    ],
    [
      ['--collector.counters.via=procfs'],
      { CONNTRACK_AGENT_COLLECTOR_COUNTERS: '0' },
      '--collector.counters.via: contradicts CONNTRACK_AGENT_COLLECTOR_COUNTERS (--collector.counters), which turns the counters off',
    ],
    [
      ['--sample.interval=10s', '--sample.peak-window=5s'],
      {},
      '--sample.peak-window: expected a peak window no shorter than the sample interval, got a window of "5s" and samples every "10s"',
    ],
    [
      ['--web.listen-address=[::1]:80', '--web.listen-address=[::1]:80'],
      {},
      '--web.listen-address: expected different addresses, got "[::1]:80" twice',
    ],
    [['healthcheck', '--web.socket='], {}, '--web.socket: healthcheck asks over this socket, expected a path, got ""'],
    [['--log.levle=info'], {}, '--log.levle: unknown flag, did you mean --log.level?'],
    [['--LOG.LEVEL=info'], {}, '--LOG.LEVEL: unknown flag, did you mean --log.level?'],
    [['-log.level=info'], {}, '-log.level: unknown flag, did you mean --log.level?'],
    [['--listen-address=:1'], {}, '--listen-address: unknown flag, did you mean --web.listen-address?'],
    [['--procfs=/p'], {}, '--procfs: unknown flag, did you mean --path.procfs?'],
    [['--no-collector.counter'], {}, '--no-collector.counter: unknown flag, did you mean --no-collector.counters?'],
    [['--no-log.level'], {}, '--no-log.level: unknown flag'],
    [['--collector.weather'], {}, '--collector.weather: unknown flag'],
    [['--__proto__=x'], {}, '--__proto__: unknown flag'],
    [['--constructor'], {}, '--constructor: unknown flag'],
    [['--toString', '--log.level=info'], {}, '--toString: unknown flag'],
    [['--=x'], {}, '--: unknown flag'],
    [['--☃=x'], {}, '"--☃": unknown flag'],
    [['--a\nb'], {}, '"--a\\nb": unknown flag'],
    [['-x'], {}, '-x: unknown flag'],
    [['serv'], {}, '"serv": unknown command, did you mean serve?'],
    [['weather'], {}, `"weather": unknown command, expected one of ${COMMAND_NAMES}`],
    [['constructor'], {}, `"constructor": unknown command, expected one of ${COMMAND_NAMES}`],
    [[''], {}, `"": unknown command, expected one of ${COMMAND_NAMES}`],
    [['serve', 'now'], {}, '"now": unexpected argument, the command is "serve"'],
  ])('refuses %j with %j: %s', (argv, env, problem) => {
    expect(problems(argv, env)).toEqual([problem]);
  });

  it('tells every mistake in one message', () => {
    const argv = [
      'serv',
      'now',
      '--bogus=1',
      '--sample.interval=1ms',
      '--log.level=info',
      '--log.level=warn',
      '--node.name',
    ];
    const env = { CONNTRACK_AGENT_LOG_FORMAT: 'xml', CONNTRACK_AGENT_NODE_IP: '::g' };
    expect(() => serve(argv, env)).toThrow(
      new ConfigError([
        '"serv": unknown command, did you mean serve?',
        '"now": unexpected argument, the command is "serv"',
        '--bogus: unknown flag',
        '--node.name: expected a value after it, got nothing',
        '--sample.interval: expected a duration from 10ms to 10s, got "1ms"',
        'CONNTRACK_AGENT_NODE_IP (--node.ip): expected an IPv4 or IPv6 address, got "::g"',
        '--log.level: expected once, got it 2 times',
        'CONNTRACK_AGENT_LOG_FORMAT (--log.format): expected one of json, logfmt, got "xml"',
      ]),
    );
  });

  it('does not report a contradiction with a value it could not read', () => {
    expect(problems(['--sample.interval=1y', '--sample.peak-window=1s'])).toHaveLength(1);
    expect(problems(['healthcheck', '--web.socket=relative'])).toHaveLength(1);
  });

  it('does not read a variable that a flag overrides', () => {
    expect(problems(['--log.level=info'], { CONNTRACK_AGENT_LOG_LEVEL: 'loud' })).toEqual([]);
  });

  it('only warns about unknown variables of ours', () => {
    const env = {
      CONNTRACK_AGENT_LOG_LEVLE: 'x',
      CONNTRACK_AGENT___PROTO__: 'x',
      CONNTRACK_AGENT_: 'x',
      OTHER_LOG_LEVEL: 'x',
    };
    expect(serve([], env).warnings).toEqual([
      'CONNTRACK_AGENT_LOG_LEVLE: unknown variable, did you mean CONNTRACK_AGENT_LOG_LEVEL?',
      'CONNTRACK_AGENT___PROTO__: unknown variable',
      'CONNTRACK_AGENT_: unknown variable, did you mean CONNTRACK_AGENT_BY?',
    ]);
  });

  it('passes over what Kubernetes injects for a Service named conntrack-agent', () => {
    const env = {
      CONNTRACK_AGENT_SERVICE_HOST: '10.96.0.7',
      CONNTRACK_AGENT_SERVICE_PORT: '10098',
      CONNTRACK_AGENT_SERVICE_PORT_METRICS: '10098',
      CONNTRACK_AGENT_PORT: 'tcp://10.96.0.7:10098',
      CONNTRACK_AGENT_PORT_10098_TCP: 'tcp://10.96.0.7:10098',
      CONNTRACK_AGENT_PORT_10098_TCP_PROTO: 'tcp',
      CONNTRACK_AGENT_PORT_10098_TCP_PORT: '10098',
      CONNTRACK_AGENT_PORT_10098_TCP_ADDR: '10.96.0.7',
    };
    expect(serve([], env).warnings).toEqual([]);
  });

  it('warns when a connection is kept for less than a scrape interval may last', () => {
    expect(serve(['--web.keep-alive=1m59s']).warnings).toEqual([
      '--web.keep-alive: expected at least 2m, got "1m59s"; a scraper that has to reconnect is shut out while the table is full',
    ]);
    expect(serve(['--web.keep-alive=2m']).warnings).toEqual([]);
  });

  it('leaves every object as it was, whatever the names', () => {
    expect(problems(['--__proto__.polluted=1', '--constructor.prototype=1'])).toHaveLength(2);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('OPTIONS', () => {
  it('gives each flag and each variable to one option only', () => {
    const flags = OPTION_ENTRIES.map(([, { flag }]) => flag);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(flags.map(variableOf)).size).toBe(flags.length);
  });

  it('has no option that Kubernetes could set by accident', () => {
    const taken = OPTION_ENTRIES.map(([, { flag }]) => variableOf(flag)).filter((name) =>
      /^CONNTRACK_AGENT_(SERVICE|PORT)/.test(name),
    );
    expect(taken).toEqual([]);
  });
});
