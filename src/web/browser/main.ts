/** Keeps the page the server wrote up to date. */

import type { StatusJson } from '../../model/status-json.ts';
import { percent } from '../../model/text/numbers.ts';
import { pageOf } from '../view/page.ts';
import type { Freshness } from '../view/section.ts';
import type { Tag } from '../view/tag.ts';
import { Chart } from './chart.ts';
import { Seconds } from './chart-data.ts';
import { Link } from './connection.ts';
import { create, patch } from './patch.ts';

/** Two events may come late; after three missing the agent is not heard any more. */
const LOST_SECONDS = 4;
const REDRAW_MS = 1000;

const root = document.getElementById('root')!;
const seconds = new Seconds();
let chart: Chart | undefined;
let heard: { readonly status: StatusJson; readonly atMs: number } | undefined;
let shown: Tag | undefined;

new Link({
  history: (history) => seconds.begin(history),
  seconds: (history) => seconds.merge(history),
  status(status, event) {
    heard = { status, atMs: performance.now() };
    root.dataset['event'] = event;
    show();
    chart?.draw(status);
  },
});
setInterval(show, REDRAW_MS);

function show(): void {
  if (heard === undefined) return; // What the server wrote stands until there is news.
  const { status, atMs } = heard;
  const ageSeconds = (performance.now() - atMs) / 1000;
  const link = ageSeconds > LOST_SECONDS ? 'lost' : 'live';
  const next = pageOf(status, { link, ageSeconds, range: rangeOf() });
  if (shown === undefined) {
    root.replaceChildren(create(next));
    chart = new Chart(document.getElementById('plot')!, document.getElementById('readout')!, seconds);
  } else {
    patch(root.firstChild!, shown, next);
  }
  shown = next;
  document.title = `${titleOf(status, link)} · ${status.node}`;
}

/** What can be seen of a tab. */
function titleOf({ summary, table }: StatusJson, link: Freshness['link']): string {
  if (link === 'lost') return 'No data';
  if (summary.level === 'no_data' || table.usage === undefined)
    return summary.level === 'no_data' ? 'No data' : 'conntrack';
  return percent(table.usage);
}

function rangeOf(): Freshness['range'] {
  const known = seconds.column('entries').filter((value) => value !== null);
  if (known.length === 0) return undefined;
  const lowest = known.reduce((low, value) => Math.min(low, value));
  return { seconds: seconds.times.length, lowest, highest: known.reduce((high, value) => Math.max(high, value)) };
}
