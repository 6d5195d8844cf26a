import { parseDocument, visit } from 'yaml';
import { flag, Section } from './section.ts';
import { readTls, type TlsSettings } from './tls.ts';

/** The file of `--web.config.file`, in the format of Prometheus' exporter-toolkit (docs/web-configuration.md, v0.14). */

export type WebConfig = {
  /** Undefined for plain HTTP. */
  readonly tls: TlsSettings | undefined;
  readonly headers: Headers;
  /** Empty when no password is needed. */
  readonly users: Users;
};

/** What is wrong with the text, one line each; never a hash or a key. */
export class WebConfigProblems extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'WebConfigProblems';
    this.problems = problems;
  }
}

/**
 * An empty text is a configuration that protects nothing.
 * @throws WebConfigProblems with all that is wrong
 */
export function parseWebConfig(yaml: string): WebConfig {
  // The library's warnings go to stderr and quote the file, hashes included.
  const document = parseDocument(yaml, { prettyErrors: false, logLevel: 'error' });
  if (document.errors.length > 0)
    throw new WebConfigProblems(document.errors.map((error) => syntaxProblem(yaml, error)));
  const problems: string[] = [];
  visit(document, { Alias: () => void problems.push('the file: expected no anchors and aliases') });
  if (problems.length > 0) throw new WebConfigProblems(problems);
  const file = new Section('', document.toJS(), problems);
  const config = {
    tls: readTls(file.section('tls_server_config')),
    headers: readHttp(file.section('http_server_config')),
    users: readUsers(file.section('basic_auth_users')),
  };
  file.end({ rate_limit: 'not supported by this agent, which bounds connections and password checks by itself' });
  if (problems.length > 0) throw new WebConfigProblems(problems);
  return config;
}

/** The parser's own long form quotes the line, and the line may hold a hash. */
function syntaxProblem(yaml: string, { code, pos: [at] }: { code: string; pos: [number, number] }): string {
  const line = yaml.slice(0, at).split('\n').length;
  return `line ${line}: not YAML (${code.toLowerCase().replaceAll('_', ' ')})`;
}

/** `basic_auth_users`. */

/** Name to bcrypt hash, as bcryptjs knows them. */
export type Users = ReadonlyMap<string, string>;

/**
 * 2^15 rounds take 2.5 s. More would take longer than a scrape may last, and one password is checked at a time.
 * `htpasswd -B` makes `$2y$`, which is what others call `$2b$`; `$2x$` is the one with the bug.
 */
const HASH = /^\$2[aby]\$(0[4-9]|1[0-5])(\$[./A-Za-z0-9]{53})$/;

function readUsers(section: Section): Users {
  const users = new Map<string, string>();
  for (const name of section.keys()) {
    if (name === '' || name.includes(':')) section.problem(name, 'expected a user name without ":"');
    const hash = section.takeSecret(name, 'a bcrypt hash of cost 4 to 15, as htpasswd -nBC 10 makes it', asHash);
    if (hash !== undefined) users.set(name, hash);
  }
  return users;
}

function asHash(value: unknown): string | undefined {
  const [, cost, rest] = (typeof value === 'string' && HASH.exec(value)) || [];
  return cost === undefined ? undefined : `$2b$${cost}${rest}`;
}

/** `http_server_config`. */

/** Names and values the exporter toolkit allows; undefined for any text. */
const HEADERS: Readonly<Record<string, readonly string[] | undefined>> = {
  'Content-Security-Policy': undefined,
  'Strict-Transport-Security': undefined,
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': undefined,
};

type Headers = readonly (readonly [name: string, value: string])[];

/** Headers for every answer. `http2` is checked and has no effect: HTTP/1.1 is what keeps one connection per scraper simple. */
function readHttp(section: Section): Headers {
  section.take('http2', 'true or false', flag);
  const headers = section.section('headers');
  const read = headers.keys().flatMap((name) => {
    const value = readHeader(headers, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  headers.end();
  section.end();
  return read;
}

function readHeader(headers: Section, name: string): string | undefined {
  if (!Object.hasOwn(HEADERS, name)) return undefined;
  const words = HEADERS[name];
  const expected = words === undefined ? 'text of printable characters' : `one of ${words.join(', ')}`;
  return headers.take(name, expected, (value) => {
    if (typeof value !== 'string' || !/^[\x20-\x7e]+$/.test(value)) return undefined;
    return words === undefined || words.includes(value.toLowerCase()) ? value : undefined;
  });
}
