import { readdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Log } from '../../model/log.ts';
import { OperatorError } from '../../model/operator-error.ts';
import { BYTES_MAX, readRegularFile } from '../../system/regular-file.ts';
import { acceptsGzip, answer, answerBody, Body, BriefCache } from '../server/responses.ts';
import { pageOf } from '../view/page.ts';
import { escapeHtml, htmlOf, tag } from '../view/tag.ts';
import type { AgentView } from './agent-view.ts';

type Link = { readonly path: string; readonly title: string };

/** Allows the agent's own script, style and icon only: nothing from elsewhere, nothing inline, and no markup made of text. */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'Referrer-Policy': 'no-referrer',
};

/** `/`: the status page with the present numbers, which its script keeps up to date. Without assets they stay as they are. */
export function pageRoute(view: AgentView, links: readonly Link[], assets: Assets | undefined) {
  const cache = new BriefCache<Body>();
  return function show(req: IncomingMessage, res: ServerResponse): void {
    const body = cache.get('', () => new Body(documentOf(view, links, assets)));
    answerBody(req, res, { status: 200, contentType: 'text/html; charset=utf-8', body, headers: PAGE_HEADERS });
  };
}

/** All addresses are relative, so that the page also works behind a prefix. */
function relative(path: string): string {
  return `.${path}`;
}

function documentOf(view: AgentView, links: readonly Link[], assets: Assets | undefined): string {
  const status = view.status();
  const page = pageOf(status, { link: 'static', ageSeconds: 0 });
  const items = links.map(({ path, title }) => tag('li', {}, tag('a', { href: relative(path) }, title)));
  const footer = tag('footer', {}, tag('nav', { 'aria-label': 'Other routes' }, tag('ul', {}, ...items)));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(status.node)} · conntrack-agent</title>
${headOf(assets)}
</head>
<body>
<div id="root">${htmlOf(page)}</div>
<noscript><p class="noscript">These are the numbers of the moment the page was loaded: without JavaScript it does not update itself.</p></noscript>
${htmlOf(footer)}
</body>
</html>
`;
}

function headOf(assets: Assets | undefined): string {
  if (assets === undefined) return '';
  const { script, style, icon } = assets;
  return [
    `<link rel="icon" href="${relative(icon.path)}">`,
    `<link rel="stylesheet" href="${relative(style.path)}">`,
    `<script type="module" src="${relative(script.path)}"></script>`,
  ].join('\n');
}

/** A file of the status page, in memory as it is sent. Its path has a hash of the content, so that browsers cache it for ever. */
type Asset = { readonly path: string; readonly contentType: string; readonly gzipped: Buffer };

type Assets = { readonly script: Asset; readonly style: Asset; readonly icon: Asset };

/** Undefined, with a warning, where the files are missing: the agent works without them, and its page is not updated. */
export function loadAssets(folder: URL, log: Log): Assets | undefined {
  try {
    const names = readdirSync(folder);
    return {
      script: loadAsset(folder, names, '.js', 'text/javascript; charset=utf-8'),
      style: loadAsset(folder, names, '.css', 'text/css; charset=utf-8'),
      icon: loadAsset(folder, names, '.svg', 'image/svg+xml'),
    };
  } catch (cause) {
    const remedy = 'Build the agent anew (npm run build), and keep the folder "page" beside the program';
    const error = new OperatorError(`Cannot read "${folder.pathname}": ${(cause as Error).message}`, { remedy, cause });
    log.warn({ error, remedy }, 'the status page does not update itself: its script and style are not there');
    return undefined;
  }
}

/** The build has put the hash into the name: to make one here would take a library of its own. */
function loadAsset(folder: URL, names: readonly string[], ending: string, contentType: string): Asset {
  const name = names.find((one) => one.endsWith(`${ending}.gz`));
  if (name === undefined) throw new Error(`there is no *${ending}.gz`);
  const gzipped = readRegularFile(fileURLToPath(new URL(name, folder)), BYTES_MAX.configuration);
  return { path: `/page/${name.slice(0, -'.gz'.length)}`, contentType, gzipped };
}

/** The path changes with the content, so the answer never becomes outdated. */
const ASSET_HEADERS = { 'Cache-Control': 'max-age=31536000, immutable', Vary: 'Accept-Encoding' };

export function assetRoute({ contentType, gzipped }: Asset) {
  return function send(req: IncomingMessage, res: ServerResponse): void {
    if (acceptsGzip(req.headers['accept-encoding'])) {
      answer(res, 200, contentType, gzipped, { ...ASSET_HEADERS, 'Content-Encoding': 'gzip' });
    } else {
      answer(res, 200, contentType, gunzipSync(gzipped), ASSET_HEADERS);
    }
  };
}
