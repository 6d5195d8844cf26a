/** Protection against DNS rebinding: the host names that a browser may use for this agent. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Host names of the agent, besides those that no attacker can own. */
export type AgentNames = { readonly nodeName: string; readonly allowed: readonly string[] };

/** A kubelet or a load balancer may use any host name for these, and they contain nothing confidential. */
const PROBED = ['/-/healthy', '/-/ready'];

/**
 * Whether a browser sends this for a page of another site. Such a page cannot read the agent's answers, unless its own name
 * leads here: its owner lets the name resolve to this node once the page is loaded, and the browser takes page and agent for
 * one site. The `Host` header shows that. Only browsers are checked: only they run foreign pages, and Prometheus may use names
 * that are not known here.
 */
export function isForeignBrowserRequest(req: IncomingMessage, names: AgentNames): boolean {
  const { headers, url = '' } = req;
  if (!isBrowser(headers) || PROBED.includes(url.split('?', 1)[0]!)) return false;
  return !isOwnName(headers.host ?? '', names) || isCrossSite(headers);
}

/** A proxy in front of the agent may use one and the agent the other. Node itself answers 400 to HTTP/1.1 without any. */
export function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length > 1;
}

/**
 * `Sec-Fetch-*` would be clearest, but browsers leave it out over plain HTTP except on loopback, and rebinding is done over
 * plain HTTP; `Origin` is not sent to what seems to be the page's own site; `User-Agent` and `Referer` can be changed by the
 * page. `Accept-Language` is sent with every request: a page may change it, even to nothing, but cannot remove it.
 * Prometheus, vmagent, kubelet and curl do not send it.
 */
function isBrowser(headers: IncomingHttpHeaders): boolean {
  const hasBrowserHeader = ['accept-language', 'sec-fetch-mode', 'sec-fetch-site', 'origin', 'referer'].some(
    (name) => headers[name] !== undefined,
  );
  return hasBrowserHeader || /^mozilla\//i.test(headers['user-agent'] ?? '');
}

/**
 * Whether no attacker can own the name. IP addresses and `localhost` cannot be made to resolve elsewhere. A name without a dot
 * is looked up in the client's own search domains, where nobody outside can register it.
 */
function isOwnName(host: string, { nodeName, allowed }: AgentNames): boolean {
  const { bracketed, bare } = /^(?:\[(?<bracketed>[^[\]]*)\]|(?<bare>[^:]*))(?::\d*)?$/.exec(host)?.groups ?? {};
  const name = (bracketed ?? bare)?.toLowerCase().replace(/\.$/, '');
  if (name === undefined) return false;
  if (isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return true;
  return [nodeName, ...allowed].some((own) => own.toLowerCase() === name);
}

/** A page of another site could not read the answer, but it need not be made either. Following a link to the agent is allowed. */
function isCrossSite({ host, origin, ...headers }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin.replace(/^https?:\/\//i, '').toLowerCase() !== host?.toLowerCase()) return true;
  const isOtherSite = ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));
  return isOtherSite && headers['sec-fetch-mode'] !== 'navigate';
}
