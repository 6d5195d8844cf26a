import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../src/config/parse-config.ts';

const URL_FLAG = '--alertmanager.url=https://am:9093';

function invoke(...argv: string[]) {
  const invocation = parseConfig(argv, {}, 'this-host');
  if (invocation.command !== 'serve') throw new TypeError(`got ${invocation.command}`);
  return invocation;
}

function problems(...argv: string[]): readonly string[] {
  try {
    invoke(...argv);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the flags of direct alerts', () => {
  it('take several Alertmanagers and labels', () => {
    const { config, warnings } = invoke(
      '--alertmanager.url=http://am-0.am:9093',
      '--alertmanager.url=https://[fd00::1]/alerts/',
      '--alertmanager.external-label=cluster=prod',
      '--alertmanager.external-label=zone=a=b, c',
    );
    expect(config.alertmanagerUrls.map(({ href }) => href)).toEqual([
      'http://am-0.am:9093/',
      'https://[fd00::1]/alerts/',
    ]);
    expect(config.alertLabels).toEqual([
      { name: 'cluster', value: 'prod' },
      { name: 'zone', value: 'a=b, c' },
    ]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['', '""'],
    ['am:9093', '"am:9093"'],
    ['http:am', '"http:am"'],
    ['ftp://am', '"ftp://am"'],
    ['http://', '"http://"'],
    ['http://am:99999', '"http://am:99999"'],
    ['http://am/api/v2/alerts', '"http://am/api/v2/alerts"'],
    ['http://am/#x', '"http://am/?***"'],
    ['http://am/?token=s3cret', '"http://am/?***"'],
    ['http://user:s3cret@am', '"***@am"'],
    ['user:s3cret@am', '"***@am"'],
    ['http://user:s3c@ret@am', '"***@am"'],
  ])('refuse the URL %j without showing a secret in it', (text, shown) => {
    expect(problems(`--alertmanager.url=${text}`)).toEqual([
      `--alertmanager.url: expected http(s)://host[:port][/prefix], without user, password or query, got ${shown}`,
    ]);
  });

  it.each([
    'cluster',
    'cluster=',
    '=x',
    '1a=x',
    'a-b=x',
    '__a=x',
    'alertname=x',
    'node=x',
    'severity=x',
    ' a=x',
    'ä=x',
  ])('refuse the label %j', (text) => {
    expect(problems(URL_FLAG, `--alertmanager.external-label=${text}`)).toEqual([
      expect.stringMatching(/^--alertmanager\.external-label: expected name=value/),
    ]);
  });

  it('take headers with "=" and with ":", and files with their values', () => {
    const { config } = invoke(
      URL_FLAG,
      '--alertmanager.header=X-Scope-OrgID=team-a|team=b',
      '--alertmanager.header=X-Via: a: b, c',
      '--alertmanager.header-file=X-Api-Key=/run/secrets/key',
    );
    expect(config.alertHeaders).toEqual([
      { name: 'X-Scope-OrgID', value: 'team-a|team=b' },
      { name: 'X-Via', value: 'a: b, c' },
    ]);
    expect(config.alertHeaderFiles).toEqual([{ name: 'X-Api-Key', path: '/run/secrets/key' }]);
  });

  it.each([
    ['Host=s3cret', '"Host=***"'],
    ['content-length: 5', '"content-length:***"'],
    ['Transfer-Encoding=chunked', '"Transfer-Encoding=***"'],
    ['X-A', '"X-A"'],
    ['X-A=', '"X-A=***"'],
    ['X A=s3cret', '"X A=***"'],
    ['X-A=s3cret\r\nHost: x', '"X-A=***"'],
    ['X-A=s3crét', '"X-A=***"'],
  ])('refuse the header %j without showing its value', (text, shown) => {
    const [problem, ...others] = problems(URL_FLAG, `--alertmanager.header=${text}`);
    expect(others).toEqual([]);
    expect(problem).toMatch(/^--alertmanager\.header: expected Name=value or "Name: value"/);
    expect(problem?.endsWith(`got ${shown}`), problem).toBe(true);
  });

  it.each<[string, string[], string[]]>([
    [
      'anything without an Alertmanager',
      ['--alertmanager.external-label=a=b', '--no-alertmanager.keep-alive'],
      [
        '--alertmanager.external-label: expected --alertmanager.url beside it, got none',
        '--no-alertmanager.keep-alive: expected --alertmanager.url beside it, got none',
      ],
    ],
    [
      'a user without a password',
      [URL_FLAG, '--alertmanager.basic-auth.username=u'],
      ['--alertmanager.basic-auth.username: expected --alertmanager.basic-auth.password-file beside it, got none'],
    ],
    [
      'a password without a user',
      [URL_FLAG, '--alertmanager.basic-auth.password-file=/p'],
      ['--alertmanager.basic-auth.password-file: expected --alertmanager.basic-auth.username beside it, got none'],
    ],
    [
      'two kinds of credentials',
      [
        URL_FLAG,
        '--alertmanager.basic-auth.username=u',
        '--alertmanager.basic-auth.password-file=/p',
        '--alertmanager.bearer-token-file=/t',
      ],
      ['--alertmanager.bearer-token-file: contradicts --alertmanager.basic-auth.username'],
    ],
    [
      'authorities for nobody',
      ['--alertmanager.url=http://am', '--alertmanager.ca-file=/ca'],
      ['--alertmanager.ca-file: expected an https URL, got "http://am/"'],
    ],
    [
      'a certificate without a key',
      [URL_FLAG, '--alertmanager.cert-file=/c'],
      ['--alertmanager.cert-file: expected --alertmanager.key-file beside it, got none'],
    ],
    [
      'a key without a certificate',
      [URL_FLAG, '--alertmanager.key-file=/k'],
      ['--alertmanager.key-file: expected --alertmanager.cert-file beside it, got none'],
    ],
    [
      'a certificate that nobody asks for',
      ['--alertmanager.url=http://am', '--alertmanager.cert-file=/c', '--alertmanager.key-file=/k'],
      ['--alertmanager.cert-file: expected an https URL, got "http://am/"'],
    ],
    [
      'a second Authorization',
      [URL_FLAG, '--alertmanager.bearer-token-file=/t', '--alertmanager.header-file=authorization=/h'],
      [
        '--alertmanager.header-file: the header "authorization" contradicts --alertmanager.bearer-token-file, which sets it',
      ],
    ],
    [
      'one header twice, in whatever case',
      [URL_FLAG, '--alertmanager.header=X-A=1', '--alertmanager.header=x-a: 2', '--alertmanager.header-file=X-a=/a'],
      [
        '--alertmanager.header: expected each once, got "x-a" twice',
        '--alertmanager.header-file: contradicts --alertmanager.header for "x-a"',
      ],
    ],
    [
      'a header without an Alertmanager',
      ['--alertmanager.header=X-A=1'],
      ['--alertmanager.header: expected --alertmanager.url beside it, got none'],
    ],
    [
      'one Alertmanager twice',
      ['--alertmanager.url=http://am', '--alertmanager.url=http://AM:80/'],
      ['--alertmanager.url: expected each once, got "http://am/" twice'],
    ],
    [
      'one label twice',
      [URL_FLAG, '--alertmanager.external-label=a=b', '--alertmanager.external-label=a=c'],
      ['--alertmanager.external-label: expected each once, got "a" twice'],
    ],
    [
      'a user that is none',
      [URL_FLAG, '--alertmanager.basic-auth.username=a:b', '--alertmanager.basic-auth.password-file=/p'],
      ['--alertmanager.basic-auth.username: expected a name without ":", got "a:b"'],
    ],
  ])('refuse %s', (_what, argv, expected) => {
    expect(problems(...argv)).toEqual(expected);
  });

  it('warn of a secret that goes over an open line', () => {
    expect(invoke('--alertmanager.url=http://am', '--alertmanager.bearer-token-file=/t').warnings).toEqual([
      '--alertmanager.bearer-token-file: expected https, got "http://am/"; whoever is on the way can read the secret',
    ]);
  });
});
