import { validate } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { cronSchedule } from '../../src/config/flow-options.ts';
import { ConfigError, parseConfig } from '../../src/config/parse-config.ts';

function invoke(argv: string[], env: Record<string, string> = {}) {
  const invocation = parseConfig(argv, env, 'this-host');
  if (!('config' in invocation)) throw new TypeError(`got ${invocation.command}`);
  return invocation;
}

function problems(...argv: string[]): readonly string[] {
  try {
    invoke(argv);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('--what-if', () => {
  const asked = (...argv: string[]) => invoke(['flows', ...argv]).config.whatIf;

  it('ranks all timeouts without a value, before another flag too', () => {
    expect(asked()).toBeUndefined();
    expect(asked('--what-if')).toEqual(new Map());
    expect(asked('--what-if', '--json')).toEqual(new Map());
    expect(invoke(['flows'], { CONNTRACK_AGENT_WHAT_IF: '' }).config.whatIf).toEqual(new Map());
  });

  it('takes timeouts by the names of their sysctls, whole or without what they have in common', () => {
    const wanted = new Map([
      ['tcp_timeout_time_wait', 30],
      ['udp_timeout', 10],
    ]);
    expect(asked('--what-if', 'tcp_timeout_time_wait=30,udp_timeout=10')).toEqual(wanted);
    const whole = 'net.netfilter.nf_conntrack_tcp_timeout_time_wait=30, nf_conntrack_udp_timeout=10';
    expect(asked(`--what-if=${whole}`)).toEqual(wanted);
  });

  it.each(['udp_timeout', 'udp_timeout=', 'udp_timeout=1m', 'udp_timeout=1,udp_timeout=2', ','])(
    'refuses %j',
    (text) => {
      expect(problems('flows', `--what-if=${text}`)).toEqual([expect.stringMatching(/^--what-if: expected timeouts/)]);
    },
  );

  it('does not go with another view or another command', () => {
    expect(problems('flows', '--by=state', '--what-if')).toEqual([
      '--what-if: contradicts --by, which shows a ranking alone',
    ]);
    expect(problems('--what-if')).toEqual(['--what-if: belongs to the command flows, the command is "serve"']);
  });
});

describe('the flags of the flow sample', () => {
  it('leave it off, and every 30 seconds for 20,000 flows when it is turned on', () => {
    const { config } = invoke([]);
    expect(config).toMatchObject({ collectFlows: false, sampleSize: 20_000, flowsTop: 20 });
    expect(config.flowsSchedule).toBe('*/30 * * * * *');
    expect(invoke(['--collector.flows', '--flows.sample-size=0']).config).toMatchObject({
      collectFlows: true,
      sampleSize: 0,
    });
  });

  it.each([
    ['--flows.sample-size=-1', '--flows.sample-size: expected a whole number from 0 to 100000000, got "-1"'],
    ['--flows.sample-size=1e3', '--flows.sample-size: expected a whole number from 0 to 100000000, got "1e3"'],
    ['--flows.top=0', '--flows.top: expected a whole number from 1 to 100, got "0"'],
    ['--flows.top=101', '--flows.top: expected a whole number from 1 to 100, got "101"'],
    ['--flows.schedule=30s', expect.stringMatching(/^--flows\.schedule: expected a cron schedule.*got "30s"$/)],
  ])('refuse %s', (flag, problem) => {
    expect(problems('--collector.flows', flag)).toEqual([problem]);
  });

  it('contradict a flow sample that is turned off', () => {
    expect(problems('--no-collector.flows', '--flows.sample-size=5', '--flows.top=5')).toEqual([
      '--flows.sample-size: contradicts --no-collector.flows, which turns the flow sample off',
      '--flows.top: contradicts --no-collector.flows, which turns the flow sample off',
    ]);
  });

  it('are warned about where no flow sample is asked for', () => {
    const { warnings } = invoke(['--flows.sample-size=5']);
    expect(warnings).toEqual([
      '--flows.sample-size: expected --collector.flows beside it, got none; no flow sample is taken',
    ]);
    expect(invoke(['--collector.flows', '--flows.sample-size=5']).warnings).toEqual([]);
  });

  it('go with the ranking of network namespaces where they bound that too', () => {
    expect(invoke(['--collector.netns', '--flows.top=5']).warnings).toEqual([]);
    expect(problems('--collector.netns', '--no-collector.flows', '--flows.top=5')).toEqual([]);
    expect(invoke(['--collector.netns', '--flows.sample-size=5']).warnings).toHaveLength(1);
  });
});

describe('the flags of the command flows', () => {
  it('are taken by it', () => {
    const { command, config, warnings } = invoke([
      'flows',
      '--watch',
      '--json',
      '--by=prefix',
      '--flows.sample-size=0',
    ]);
    expect(command).toBe('flows');
    expect(config).toMatchObject({ watch: true, json: true, by: 'prefix', sampleSize: 0 });
    expect(warnings).toEqual([]);
  });

  it.each(['serve', 'healthcheck', 'doctor'])('are a mistake with %s', (command) => {
    expect(problems(command, '--watch', '--json', '--by=source')).toEqual(
      ['--by', '--watch', '--json'].map((flag) => `${flag}: belongs to the command flows, the command is "${command}"`),
    );
  });

  it('may run in the environment of an agent whose flow sample is off', () => {
    const env = { CONNTRACK_AGENT_COLLECTOR_FLOWS: 'false', CONNTRACK_AGENT_FLOWS_TOP: '5' };
    expect(invoke(['flows'], env).config.flowsTop).toBe(5);
  });
});

describe('cronSchedule', () => {
  const accepts = (text: string) => {
    try {
      cronSchedule.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  it.each([
    '*/30 * * * * *',
    '* * * * *',
    '0 0 0 1 1 0',
    '59 59 23 31 12 7',
    '0,15,30-45 * * * * *',
    '10-50/10 * * * * *',
    '0 */5 8-18 * * 1-5',
  ])('accepts %j, as node-cron does', (text) => {
    expect(accepts(text)).toBe(true);
    expect(validate(text)).toBe(true);
  });

  it.each([
    '',
    '*',
    '60 * * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '*/0 * * * * *',
    '50-10 * * * * *',
    '5/10 * * * * *',
    '1,,2 * * * * *',
    '* * * * * * *',
    '@daily',
    'a * * * *',
  ])('refuses %j', (text) => {
    expect(accepts(text)).toBe(false);
  });
});
