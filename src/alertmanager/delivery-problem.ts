/** Why an Alertmanager does not take what is posted to it, and what to do about it. Nothing here contains a URL's query or a secret. */
import { OperatorError } from '../model/operator-error.ts';
import { visibleLine } from '../model/text/visible-text.ts';
import { type Answer, LateAnswer, outcomeOf, type Undelivered } from './delivery.ts';

export type DeliveryProblem = { readonly message: string; readonly remedy: string };

const WRONG_PATH =
  'Give --alertmanager.url the path prefix at which Alertmanager is served: its --web.route-prefix, the path of a proxy, or /alertmanager at Mimir';
const CREDENTIALS =
  'Set --alertmanager.basic-auth.username with its password file, or --alertmanager.bearer-token-file; where tenants are told apart by a header (Mimir: X-Scope-OrgID), set --alertmanager.header';
const NOT_ALLOWED =
  'Allow these credentials, or this tenant header (--alertmanager.header), to POST to /api/v2/alerts at Alertmanager or at the proxy before it';
const PAST_PROXY =
  'Point --alertmanager.url past the login proxy, or have the proxy accept a bearer token or a client certificate from the agent';
const NOT_ALERTMANAGER = 'Point --alertmanager.url at an Alertmanager, past any login page or other proxy';
const PROXY_LOG = 'Look whether Alertmanager runs: the proxy at this URL cannot reach it';
const SERVER_LOG = 'Read the log of Alertmanager, or of the proxy at this URL';
const BAD_ALERTS =
  'Read the reason that Alertmanager gives; labels come from --alertmanager.external-label and --node.name';
const USE_HTTPS = 'Write https:// in --alertmanager.url';
const USE_HTTP = 'Write http:// in --alertmanager.url, or correct its port: no TLS is spoken there';

const REMEDIES: Readonly<Record<number, string>> = {
  400: BAD_ALERTS,
  401: CREDENTIALS,
  403: NOT_ALLOWED,
  404: WRONG_PATH,
  405: WRONG_PATH,
  407: PAST_PROXY,
  408: SERVER_LOG,
  410: WRONG_PATH,
  413: 'Raise the limit for the size of a request at the proxy; a post of the agent has at most 64 KiB',
  429: 'Raise the rate limit for these posts: the agent sends one every 8 s, and one for each change of an alarm',
  502: PROXY_LOG,
  503: PROXY_LOG,
  504: PROXY_LOG,
};

const MEANINGS: Readonly<Record<number, string>> = {
  401: 'credentials or a tenant header are missing or wrong',
  403: 'these credentials, or this tenant, are not allowed to post alerts',
  404: 'there is no Alertmanager at this path',
  405: 'there is no Alertmanager at this path',
  407: 'a proxy wants credentials of its own',
  429: 'too many requests',
  502: 'the proxy at this URL cannot reach Alertmanager',
  503: 'Alertmanager, or the proxy at this URL, is not available',
  504: 'the proxy at this URL cannot reach Alertmanager',
};

/** What became of a post, by its answer. */
export function resultOf(answer: Answer, url: URL): Undelivered | 'delivered' {
  const outcome = outcomeOf(answer);
  if (outcome === 'delivered') return outcome;
  return { outcome, problem: answerProblem(answer, url), statusCode: answer.statusCode };
}

/** What became of a post without an answer. */
export function failureOf(error: unknown, url: URL): Undelivered {
  const outcome = error instanceof LateAnswer ? 'timed_out' : 'failed';
  return { outcome, problem: errorProblem(error, url), statusCode: undefined };
}

/** What is wrong with an answer that `outcomeOf` does not call delivered. */
export function answerProblem(answer: Answer, url: URL): DeliveryProblem {
  const { statusCode, location } = answer;
  if (statusCode < 300) {
    return { message: `${describeAnswer(answer)}, which is not an answer of Alertmanager`, remedy: NOT_ALERTMANAGER };
  }
  if (statusCode < 400) return redirectProblem(statusCode, location, url);
  const meaning = MEANINGS[statusCode] ?? (statusCode >= 500 ? 'Alertmanager, or the proxy at this URL, fails' : '');
  const message = `${describeAnswer(answer)}${meaning === '' ? '' : ` (${meaning})`}`;
  const isPlainToTls = statusCode === 400 && /https/i.test(answer.text) && url.protocol === 'http:';
  return { message, remedy: isPlainToTls ? USE_HTTPS : (REMEDIES[statusCode] ?? SERVER_LOG) };
}

/** Status and first line of an answer; of an HTML page its title. */
export function describeAnswer({ statusCode, text, contentType }: Answer): string {
  if (isHtml({ text, contentType })) {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.replaceAll(/\s+/g, ' ').trim().slice(0, 100);
    return visibleLine(`status ${statusCode} with an HTML page${title ? ` "${title}"` : ''}`);
  }
  const line = text.trimStart().split('\n', 1)[0]!.trim().slice(0, 200).replace(/\.$/, '');
  return line === '' ? `status ${statusCode}` : visibleLine(`status ${statusCode}: ${line}`);
}

function isHtml({ contentType = '', text }: Pick<Answer, 'contentType' | 'text'>): boolean {
  return /\bx?html\b/i.test(contentType) || /^\s*<(!doctype|html)\b/i.test(text);
}

/** Names the host alone: a query may carry a token. */
function redirectProblem(statusCode: number, location: string | undefined, url: URL): DeliveryProblem {
  const target = location !== undefined && URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
  if (target === undefined) return { message: `status ${statusCode} (a redirect to nowhere)`, remedy: PAST_PROXY };
  if (target.host !== url.host || target.protocol !== url.protocol) {
    const isSameHost = target.hostname === url.hostname && target.protocol === 'https:';
    const remedy = isSameHost ? `${USE_HTTPS}, with the port of TLS` : PAST_PROXY;
    return { message: `status ${statusCode} (a redirect to ${target.protocol}//${target.host})`, remedy };
  }
  const path = target.pathname.slice(0, 100);
  const isPrefix = path.endsWith('/api/v2/alerts') || path.endsWith('/api/v2/alerts/');
  const message = `status ${statusCode} (a redirect to ${path} on the same host)`;
  return { message, remedy: isPrefix ? WRONG_PATH : `${PAST_PROXY}. Or: ${WRONG_PATH}` };
}

const CLIENT_CERTIFICATE =
  'Give the agent a certificate that the server accepts: --alertmanager.cert-file and --alertmanager.key-file';
const RENEW = 'Renew the files of --alertmanager.cert-file and --alertmanager.key-file';

/** Codes of Node and of libuv. */
const ERRORS: Readonly<Record<string, readonly [meaning: string, remedy: string]>> = {
  ECONNREFUSED: [
    'nothing listens there',
    'Start Alertmanager, or correct host and port of --alertmanager.url; a firewall may refuse too',
  ],
  ECONNRESET: [
    'the connection was closed before an answer',
    'Read the log of Alertmanager, or of whatever is in between',
  ],
  EPIPE: ['the connection was closed before an answer', 'Read the log of Alertmanager, or of whatever is in between'],
  EHOSTUNREACH: ['no route leads there', 'Check routes, firewalls and NetworkPolicies between node and Alertmanager'],
  ENETUNREACH: ['no route leads there', 'Check routes, firewalls and NetworkPolicies between node and Alertmanager'],
  ETIMEDOUT: [
    'nothing answers there',
    'Check firewalls and NetworkPolicies; a full table lets no new connection out either',
  ],
  EPERM: [
    'the kernel drops the packet',
    'Check the firewall of the node; a full table lets no new connection out either',
  ],
  ENOTFOUND: ['the name is not known', 'Correct the host in --alertmanager.url, or the DNS of the node'],
  EAI_AGAIN: ['the name cannot be looked up', 'Check the DNS of the node; a full table drops DNS queries too'],
  CERT_HAS_EXPIRED: ["the server's certificate has expired", 'Renew the certificate of Alertmanager'],
  CERT_NOT_YET_VALID: ["the server's certificate is not valid yet", 'Set the clocks of both by NTP'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "the server's certificate is for another name",
    'Use a name in --alertmanager.url that the certificate has',
  ],
  EPROTO: ['the TLS handshake failed', 'Read the log of Alertmanager, or of the proxy at this URL'],
};

/** Alerts of a server that refuses the handshake (RFC 8446, section 6.2). Node reports the number at the end of the message. */
const TLS_ALERTS: Readonly<Record<string, readonly [meaning: string, remedy: string]>> = {
  40: ['the server refused the handshake, as where the server requires a client certificate', CLIENT_CERTIFICATE],
  42: ['the server rejects the client certificate', CLIENT_CERTIFICATE],
  43: ['the server rejects the client certificate', CLIENT_CERTIFICATE],
  44: ['the client certificate is revoked', RENEW],
  45: ['the client certificate has expired', RENEW],
  46: ['the server rejects the client certificate', CLIENT_CERTIFICATE],
  48: [
    'the server does not trust the authority of the client certificate',
    'Sign the client certificate by an authority that the server trusts',
  ],
  70: [
    'the server speaks no version of TLS from 1.2 on',
    'Have Alertmanager, or the proxy before it, speak TLS 1.2 or 1.3',
  ],
  116: ['the server requires a client certificate', CLIENT_CERTIFICATE],
};

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const TRUST =
  'Name the certificate of the authority that signed the certificate of Alertmanager with --alertmanager.ca-file';
const LATE =
  'Look whether Alertmanager hangs, and whether a firewall or a NetworkPolicy drops packets; a full table lets no new connection out either';

/** What is wrong where there was no answer. */
export function errorProblem(error: unknown, url: URL): DeliveryProblem {
  if (error instanceof OperatorError) return { message: error.message, remedy: error.remedy };
  const { code = '', text } = causeOf(error);
  if (error instanceof LateAnswer) return { message: text, remedy: LATE };
  if (UNTRUSTED.has(code)) {
    const meaning = "the server's certificate is not signed by an authority that the agent trusts";
    return { message: `${meaning} (${text})`, remedy: TRUST };
  }
  if (code.startsWith('HPE_')) {
    return {
      message: `no HTTP is spoken there (${text})`,
      remedy: 'Correct scheme and port of --alertmanager.url: https for a port with TLS',
    };
  }
  if (/SSL routines/.test(text)) return tlsProblem(text);
  if (text.startsWith("the answer is not an Alertmanager's")) return { message: text, remedy: NOT_ALERTMANAGER };
  const [meaning, remedy] = ERRORS[code] ?? [undefined, SERVER_LOG];
  const isReset = url.protocol === 'https:' && (code === 'ECONNRESET' || code === 'EPIPE');
  return {
    message: meaning === undefined ? text : `${meaning} (${text})`,
    remedy: isReset ? `${remedy}; it may require a client certificate (--alertmanager.cert-file)` : remedy,
  };
}

/** Of several addresses that were tried Node reports all at once, without a message of its own. */
function causeOf(error: unknown): { code: string | undefined; text: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof AggregateError)) return { code, text: message ?? String(error) };
  const texts = error.errors.map((one: Error) => one.message);
  return { code: code ?? (error.errors[0] as NodeJS.ErrnoException | undefined)?.code, text: texts.join('; ') };
}

/** OpenSSL's message is `0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:FILE:LINE:SSL alert number 116`. */
function tlsProblem(text: string): DeliveryProblem {
  const reason = /:SSL routines:[^:]*:([^:]*)/.exec(text)?.[1] ?? 'TLS';
  if (/wrong version number|packet length too long|http request/.test(reason)) {
    return { message: `no TLS is spoken there (${reason})`, remedy: USE_HTTP };
  }
  const alert = /SSL alert number (\d+)/.exec(text)?.[1] ?? '';
  const [meaning, remedy] = TLS_ALERTS[alert] ?? ['the TLS handshake failed', SERVER_LOG];
  return { message: `${meaning} (${reason})`, remedy };
}
