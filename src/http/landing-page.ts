import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AgentView } from './agent-view.ts';
import { answer } from './answer.ts';

export type Link = { readonly path: string; readonly title: string };

/** The page has no script, no style and no form, and may not be framed. */
const PAGE_HEADERS = {
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
};

/** `/`: who this is, and where to go on. The page never changes, so it is made once. */
export function landingRoute(view: AgentView, links: readonly Link[]) {
  const page = landingPage(view, links);
  return function land(_req: IncomingMessage, res: ServerResponse): void {
    answer(res, 200, 'text/html; charset=utf-8', page, PAGE_HEADERS);
  };
}

function landingPage({ nodeName, version }: AgentView, links: readonly Link[]): string {
  const items = links.map(({ path, title }) => `<li><a href="${escapeHtml(path)}">${escapeHtml(title)}</a></li>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>conntrack-agent on ${escapeHtml(nodeName)}</title></head>
<body>
<h1>conntrack-agent on ${escapeHtml(nodeName)}</h1>
<p>Version ${escapeHtml(version)}</p>
<ul>
${items.join('\n')}
</ul>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as an element's text and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
