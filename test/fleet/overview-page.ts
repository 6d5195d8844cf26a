import type { Fleet } from './fleet.ts';
import type { FleetNode } from './fleet-node.ts';
import { SCENARIOS } from './scenarios.ts';
import { entriesAt, limitAt } from './timeline.ts';

export type Link = { readonly url: string; readonly title: string };

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
`;

/** Where to look, and what each node plays: what the dashboards must find out. */
export function overviewPage(fleet: Fleet, links: readonly Link[]): string {
  const items = links.map(({ url, title }) => `<li><a href="${escaped(url)}">${escaped(title)}</a></li>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>A fleet of ${fleet.nodes.length} made-up nodes</title><style>${STYLE}</style></head>
<body>
<h1>A fleet of ${fleet.nodes.length} made-up nodes</h1>
<ul>
${items.join('\n')}
</ul>
<table>
<tr><th>Node</th><th>Cluster</th><th>Entries</th><th>Limit</th><th>Plays</th></tr>
${fleet.nodes.map(rowOf).join('\n')}
</table>
</body>
</html>
`;
}

function rowOf({ spec, agent, nowMs }: FleetNode): string {
  const name = escaped(spec.name);
  const link = agent === undefined ? `${name} (no agent)` : `<a href="nodes/${name}/">${name}</a>`;
  const [entries, limit] = [entriesAt, limitAt].map((of) => of(spec, nowMs / 1000).toLocaleString('en'));
  const description = SCENARIOS.find(({ name }) => name === spec.scenario)!.description;
  return `<tr><td>${link}</td><td>${spec.cluster}</td><td class="number">${entries}</td><td class="number">${limit}</td><td>${escaped(`${spec.scenario}: ${description}`)}</td></tr>`;
}

/** The texts are our own; an address has an ampersand. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
