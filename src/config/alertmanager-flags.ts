import {
  BadValue,
  boolean,
  folder,
  HOST_PATTERN,
  type Option,
  PORT_PATTERN,
  type Value,
  value,
} from './option-values.ts';

/** Flags of the direct alerts to an Alertmanager, and the kinds of value they take. */

const BASE_URL = 'http(s)://host[:port][/prefix], without user, password or query';

/** The base URL of an Alertmanager, normalized. A problem never shows a password that was put into it. */
export const alertmanagerUrl: Value<URL> = {
  expected: BASE_URL,
  shape: {
    kind: 'pattern',
    pattern: `^(?i:https?)://${HOST_PATTERN}\\.?(:${PORT_PATTERN})?(/[a-zA-Z0-9_~%+-][a-zA-Z0-9._~%+-]*)*/?$`,
    unlike: '\\]\\.|/api/v[0-9]|%2[eE]|[/.]0[xX]|:0+(/|$)', // Normalized, the others may be one of the first.
  },
  parse(text) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isBase =
      url !== undefined &&
      url.port !== '0' &&
      /^https?:\/\/[^/\\]/i.test(text) &&
      ['http:', 'https:'].includes(url.protocol) &&
      !/[@?#\s]/.test(text) &&
      !/\/api\/v\d/.test(url.pathname);
    if (isBase) return url;
    throw new BadValue(BASE_URL, text.replace(/^.*@/s, '***@').replace(/[?#].*$/s, '?***'));
  },
};

export type Label = { readonly name: string; readonly value: string };

/** Prometheus' label names without its own (`__`); the three are what a page is made of. */
export const RESERVED_LABELS = ['alertname', 'node', 'severity'];

export const alertLabel: Value<Label> = value(
  `name=value, the name of letters, digits and "_", other than ${RESERVED_LABELS.join(', ')}`,
  (text) => {
    const { name, value: content } = /^(?<name>[a-zA-Z_][a-zA-Z0-9_]*)=(?<value>.+)$/s.exec(text)?.groups ?? {};
    if (name === undefined || content === undefined || name.startsWith('__') || RESERVED_LABELS.includes(name))
      return undefined;
    return { name, value: content };
  },
  {
    kind: 'pattern',
    pattern: '^[a-zA-Z_][a-zA-Z0-9_]*=(?s:.+)$',
    unlike: `^(__|(${RESERVED_LABELS.join('|')})=)`,
  },
);

/** RFC 7617: a colon would end the name. */
export const userName: Value<string> = value(
  'a name without ":"',
  (text) => (/^[^:\p{Cc}]+$/u.test(text) ? text : undefined),
  { kind: 'pattern', pattern: '^[^:\\p{Cc}]+$' },
);

export type Header = { readonly name: string; readonly value: string };
export type HeaderFile = { readonly name: string; readonly path: string };

/** Set by the agent itself, or of the connection and not of the request (RFC 9110, 7.6.1); a body that is compressed is not read. */
export const RESERVED_HEADERS = [
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const HEADER = 'Name=value or "Name: value", the name none that the agent sets itself (Host, Content-Type, Connection)';
const HEADER_FILE =
  'Name=path of a file with the value, the name none that the agent sets itself (Host, Content-Type, Connection)';

/** RFC 9110: a token, and visible characters, spaces and tabs. A problem shows the name alone: the value may be a secret. */
function headerParts(expected: string, text: string): { readonly name: string; readonly value: string } {
  const parts = /^(?<name>[!#$%&'*+.^_`|~0-9a-z-]+)(?:=|:[ \t]*)(?<value>[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?)$/i;
  const { name, value: content } = parts.exec(text)?.groups ?? {};
  if (name !== undefined && content !== undefined && !RESERVED_HEADERS.includes(name.toLowerCase())) {
    return { name, value: content };
  }
  throw new BadValue(expected, text.replace(/([=:]).*$/s, '$1***'));
}

export const header: Value<Header> = { expected: HEADER, parse: (text) => headerParts(HEADER, text) };

export const headerFile: Value<HeaderFile> = {
  expected: HEADER_FILE,
  parse(text) {
    const { name, value: path } = headerParts(HEADER_FILE, text);
    return { name, path };
  },
};

export const ALERTMANAGER_OPTIONS = {
  alertmanagerUrls: {
    flag: 'alertmanager.url',
    kind: 'list',
    value: alertmanagerUrl,
    fallback: undefined,
    help: 'Alertmanager that the agent posts its alerts to; each of several gets every alert',
  },
  alertLabels: {
    flag: 'alertmanager.external-label',
    kind: 'list',
    value: alertLabel,
    fallback: undefined,
    help: 'Label put on direct alerts, as Prometheus puts its external labels on its own',
  },
  keepAlive: {
    flag: 'alertmanager.keep-alive',
    kind: 'switch',
    value: boolean,
    fallback: 'true',
    help: 'Keep a connection open to each Alertmanager, for a full table lets no new one out',
  },
  caFile: {
    flag: 'alertmanager.ca-file',
    kind: 'single',
    value: folder,
    fallback: undefined,
    help: "Authorities that may have signed Alertmanager's certificate, in PEM, instead of the well-known ones",
  },
  basicAuthUsername: {
    flag: 'alertmanager.basic-auth.username',
    kind: 'single',
    value: userName,
    fallback: undefined,
    help: 'User of Alertmanager',
  },
  passwordFile: {
    flag: 'alertmanager.basic-auth.password-file',
    kind: 'single',
    value: folder,
    fallback: undefined,
    help: 'File with the password of that user; read again when it changes',
  },
  bearerTokenFile: {
    flag: 'alertmanager.bearer-token-file',
    kind: 'single',
    value: folder,
    fallback: undefined,
    help: 'File with the bearer token for Alertmanager; read again when it changes',
  },
  alertHeaders: {
    flag: 'alertmanager.header',
    kind: 'list',
    value: header,
    fallback: undefined,
    help: 'Header sent with every request to Alertmanager, such as the tenant of Mimir: X-Scope-OrgID=TENANT; for a secret use the flag below',
  },
  alertHeaderFiles: {
    flag: 'alertmanager.header-file',
    kind: 'list',
    value: headerFile,
    fallback: undefined,
    help: 'The same with the value in a file, as a secret must be: Name=PATH; read again when it changes',
  },
  clientCertFile: {
    flag: 'alertmanager.cert-file',
    kind: 'single',
    value: folder,
    fallback: undefined,
    help: 'Certificate of the agent, in PEM, for an Alertmanager that requires one; read again for each new connection',
  },
  clientKeyFile: {
    flag: 'alertmanager.key-file',
    kind: 'single',
    value: folder,
    fallback: undefined,
    help: 'Private key of that certificate, in PEM and not encrypted',
  },
} as const satisfies Record<string, Option>;
