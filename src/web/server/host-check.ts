/** Against DNS rebinding: which names of this agent a browser may use. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Names that the agent goes by, besides those that nobody else can have. */
export type AgentNames = { readonly nodeName: string; readonly allowed: readonly string[] };

/** Asked by a kubelet or a load balancer under whatever name it has for us, and without anything worth stealing. */
const PROBED = ['/-/healthy', '/-/ready'];

/**
 * A page of a stranger cannot read what we answer to other pages, unless its own name leads here: its owner has the name
 * resolve to this node once the page is loaded, and the browser takes page and agent for one site. What gives it away is the
 * `Host` header. Only browsers are held to it, for only they run pages of strangers, and Prometheus asks by names we cannot know.
 */
export function isFromStrangersPage(req: IncomingMessage, names: AgentNames): boolean {
  const { headers, url = '' } = req;
  if (!isBrowser(headers) || PROBED.includes(url.split('?', 1)[0]!)) return false;
  return !isOurName(headers.host ?? '', names) || isCrossSite(headers);
}

/** A proxy before the agent may go by the one and the agent by the other. Node itself answers 400 to HTTP/1.1 without any. */
export function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length > 1;
}

/**
 * `Sec-Fetch-*` would be plainest, but browsers leave it out over plain HTTP except on loopback, and rebinding is done over
 * plain HTTP; `Origin` is not sent to what seems to be the page's own site; `User-Agent` and `Referer` can be changed by the
 * page. `Accept-Language` is sent with everything: a page may change it, even to nothing, and cannot have it left out.
 * Prometheus, vmagent, kubelet and curl do not send it.
 */
function isBrowser(headers: IncomingHttpHeaders): boolean {
  const isTold = ['accept-language', 'sec-fetch-mode', 'sec-fetch-site', 'origin', 'referer'].some(
    (name) => headers[name] !== undefined,
  );
  return isTold || /^mozilla\//i.test(headers['user-agent'] ?? '');
}

/**
 * Nobody can have an IP address or `localhost` resolve to where he likes. A name without a dot is looked up within the domains
 * of whoever asks, and nobody outside can register it.
 */
function isOurName(host: string, { nodeName, allowed }: AgentNames): boolean {
  const { bracketed, bare } = /^(?:\[(?<bracketed>[^[\]]*)\]|(?<bare>[^:]*))(?::\d*)?$/.exec(host)?.groups ?? {};
  const name = (bracketed ?? bare)?.toLowerCase().replace(/\.$/, '');
  if (name === undefined) return false;
  if (isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return true;
  return [nodeName, ...allowed].some((own) => own.toLowerCase() === name);
}

/** Such a page could not read the answer, but need not have it made. To follow a link to here is another thing. */
function isCrossSite({ host, origin, ...headers }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin.replace(/^https?:\/\//i, '').toLowerCase() !== host?.toLowerCase()) return true;
  const isOtherSite = ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));
  return isOtherSite && headers['sec-fetch-mode'] !== 'navigate';
}
