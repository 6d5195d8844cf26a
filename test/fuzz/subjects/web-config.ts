import { parseWebConfig, WebConfigProblems } from '../../../src/web/auth/web-config.ts';
import { mutatedText } from '../random.ts';
import { hold, type Subject } from '../subject.ts';

/** No line of a problem may repeat any of it. */
const SECRET = 'ZZsecretsecretsecretsecretsecretsecretsecretsecretse1';
/** Twenty characters of it. */
const SECRET_PART = /(?:secret){3}se/;
const FILES = [
  '',
  `basic_auth_users:\n  alice: $2y$10$${SECRET}\n  bob: $2b$04$${SECRET}\n`,
  'tls_server_config:\n  cert_file: a.crt\n  key_file: a.key\n  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  min_version: TLS12\n  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n',
  `http_server_config:\n  http2: true\n  headers: { X-Frame-Options: deny, Strict-Transport-Security: max-age=1 }\nbasic_auth_users: { alice: $2y$10$${SECRET} }\n`,
];
const WORDS = [
  '&a ',
  '*a',
  '!!binary ',
  '{',
  '}',
  '[',
  ']',
  ': ',
  '- ',
  '\t',
  '|\n',
  '"',
  "'",
  '#',
  '%',
  '<<: ',
  '---\n',
  '? ',
  '2022-01-01',
  '~',
  '\0',
  '__proto__: ',
  'constructor: ',
];

export const WEB_CONFIG: Subject = {
  name: 'web-config',
  invariant:
    'a user has a hash that the file holds, each mistake is one line that names its key, and none repeats a secret',
  run(random) {
    let text = random.pick(FILES);
    for (let changes = 1 + random.below(3); changes > 0; changes -= 1) text = mutatedText(random, text, WORDS);
    try {
      const { users } = parseWebConfig(text);
      for (const [name, hash] of users) {
        hold(name !== '' && !name.includes(':'), () => `a user named ${JSON.stringify(name)}`);
        hold(text.includes(hash.slice(7)) && hash.length === 60, () => `a hash that is not in the file: ${hash}`);
      }
    } catch (error) {
      if (!(error instanceof WebConfigProblems)) throw error;
      hold(error.problems.length > 0, () => 'a mistake without a line');
      for (const problem of error.problems) {
        hold(problem.includes(': '), () => `a mistake of nobody: ${problem}`);
        hold(!SECRET_PART.test(problem), () => `a secret is told: ${problem}`);
      }
    }
  },
};
