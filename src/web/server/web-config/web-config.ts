/** The file of `--web.config.file`, in the format of Prometheus' exporter-toolkit (docs/web-configuration.md, v0.14). */
import { parseDocument, visit } from 'yaml';
import { type Headers, readHttp } from './http-section.ts';
import { Section } from './section.ts';
import { readTls, type TlsSettings } from './tls-section.ts';
import { readUsers, type Users } from './users-section.ts';

export type WebConfig = {
  /** Undefined for plain HTTP. */
  readonly tls: TlsSettings | undefined;
  readonly headers: Headers;
  /** Empty when anybody may ask. */
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

/** An empty text is a configuration that locks nothing. Throws WebConfigProblems with all of them. */
export function parseWebConfig(yaml: string): WebConfig {
  const document = parseDocument(yaml, { prettyErrors: false });
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
