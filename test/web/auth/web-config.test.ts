import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseWebConfig, WebConfigProblems } from '../../../src/web/auth/web-config.ts';

const HASH = hashSync('secret', 4);
const FILES = 'cert_file: a.pem, key_file: b.pem';

function problemsOf(yaml: string): readonly string[] {
  try {
    parseWebConfig(yaml);
  } catch (error) {
    if (error instanceof WebConfigProblems) return error.problems;
    throw error;
  }
  return [];
}

describe('the problems of parseWebConfig()', () => {
  const SECRET = '$2y$10$ZZsecretsecretsecretsecretsecretsecretsecretsecretse1';

  it('are all that is told: the YAML library warns of nothing', async () => {
    const collect = vi.fn();
    process.on('warning', collect);
    onTestFinished(() => void process.off('warning', collect));
    expect(problemsOf(`{ alice: ${SECRET} }: x\n`)).toEqual(['{ alice: (60 characters) }: unknown key']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(collect).not.toHaveBeenCalled();
  });

  it.each([
    ['without a space after the colon', `basic_auth_users:\n  alice:${SECRET}\n  bob: ${SECRET}\n`],
    ['in place of the users', `basic_auth_users: alice:${SECRET}\n`],
    ['as the whole file', `alice:${SECRET}\n`],
    ['beside the users', `alice:${SECRET}: x\n`],
    ['as another value', `tls_server_config:\n  min_version: ${SECRET}\n`],
  ])('show no hash that stands %s', (_, text) => {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).not.toMatch(/secret/);
  });
});

describe('parseWebConfig()', () => {
  it('reads all that the format has and this agent can do', () => {
    const config = parseWebConfig(`
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384]
  prefer_server_cipher_suites: false
  curve_preferences: [CurveP384, X25519]
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
basic_auth_users:
  alice: ${HASH.replace('$2b$', '$2y$')}
`);
    expect(config).toEqual({
      tls: {
        certFile: 'server.pem',
        keyFile: 'server.key',
        clientCaFile: 'ca.pem',
        clientAuth: { asked: true, required: true, verified: true },
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
        ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_256_GCM_SHA384',
        honorCipherOrder: false,
        ecdhCurve: 'secp384r1:X25519',
      },
      headers: [
        ['Strict-Transport-Security', 'max-age=31536000'],
        ['X-Frame-Options', 'deny'],
      ],
      users: new Map([['alice', HASH]]),
    });
  });

  it.each(['', '# nothing\n', 'basic_auth_users:\n'])('locks nothing for %j', (yaml) => {
    expect(parseWebConfig(yaml)).toEqual({ tls: undefined, headers: [], users: new Map() });
  });

  it('tells all mistakes at once', () => {
    const yaml = `
tls_server_config: { cert_file: a.pem, min_version: TLS10, cipher: x }
http_server_config: { http2: 1, headers: { X-Frame-Options: maybe, Server: me } }
basic_auth_users: { alice: secret }
basic_auth: {}
`;
    expect(problemsOf(yaml)).toEqual([
      'tls_server_config.key_file: expected a path, got none',
      'tls_server_config.min_version: expected one of TLS12, TLS13, got "TLS10"',
      'tls_server_config.cipher: unknown key',
      'http_server_config.http2: expected true or false, got 1',
      'http_server_config.headers.X-Frame-Options: expected one of deny, sameorigin, got "maybe"',
      'http_server_config.headers.Server: unknown key',
      'basic_auth_users.alice: expected a bcrypt hash of cost 4 to 15, as htpasswd -nBC 10 makes it',
      'basic_auth: unknown key',
    ]);
  });

  it.each([
    [`{ ${FILES}, cipher_suites: [TLS_RSA_WITH_RC4_128_SHA] }`, /cipher_suites: expected a list of TLS_AES_128/],
    [`{ ${FILES}, cipher_suites: [] }`, /cipher_suites: expected a list/],
    [`{ ${FILES}, cipher_suites: [constructor] }`, /cipher_suites: expected a list/],
    [`{ ${FILES}, curve_preferences: [CurveP224] }`, /curve_preferences: expected a list of CurveP256/],
    [`{ ${FILES}, min_version: TLS13, max_version: TLS12 }`, /max_version: expected one not below min_version/],
    [`{ ${FILES}, client_auth_type: Maybe }`, /client_auth_type: expected one of NoClientCert/],
    [`{ ${FILES}, client_auth_type: RequireAndVerifyClientCert }`, /client_ca_file: expected a path/],
    [`{ ${FILES}, client_ca_file: ca.pem }`, /client_auth_type: expected one that verifies/],
    [`{ ${FILES}, client_allowed_sans: [a] }`, /client_allowed_sans: not supported by this agent/],
    ['{ cert: x, key: y }', /cert: expected a file beside the configuration/],
    ['[]', /tls_server_config: expected a mapping, got \[\]/],
  ])('does not take tls_server_config: %s', (section, problem) => {
    expect(problemsOf(`tls_server_config: ${section}\n`).join('\n')).toMatch(problem);
  });

  it.each([
    ['a: b: c', 'line 1: not YAML'],
    ['basic_auth_users:\n  a: x\n  a: y\n', 'line 3: not YAML (duplicate key)'],
    ['a: &x 1\nb: *x\n', 'the file: expected no anchors and aliases'],
    ['- 1\n', 'the file: expected a mapping, got [1]'],
    ['rate_limit: {}\n', 'rate_limit: not supported by this agent'],
  ])('does not take %j', (yaml, problem) => {
    expect(problemsOf(yaml).join('\n')).toContain(problem);
  });

  it.each(['plain', HASH.replace('$04$', '$31$'), HASH.replace('$2b$', '$2x$'), `${HASH}x`])(
    'never repeats what stands where a hash should: %s',
    (secret) => {
      const problems = problemsOf(`basic_auth_users:\n  alice: "${secret}"\n`).join('\n');
      expect(problems).toContain('basic_auth_users.alice');
      expect(problems).not.toContain(secret);
    },
  );
});
