import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerBody, Body, BriefCache } from '../server/responses.ts';
import { pageOf } from '../view/page.ts';
import { escapeHtml, htmlOf, tag } from '../view/tag.ts';
import type { AgentView } from './agent-view.ts';
import type { Assets } from './assets.ts';

export type Link = { readonly path: string; readonly title: string };

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
export function relative(path: string): string {
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
