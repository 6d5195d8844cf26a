import type { Family, Series } from './family.ts';

/** Pages by outcome, every outcome there from the start; undefined when nobody is to be paged. */
export type PageCounts = ReadonlyMap<string, number> | undefined;

export const PAGES = {
  name: 'conntrack_agent_pages_total',
  type: 'counter',
  labels: ['outcome'],
  help: 'Posts of alerts to an Alertmanager, by what became of them; absent without --alertmanager.url',
} as const satisfies Family;

/** An agent that pages nobody does not even have the family. */
export function pageSeries(counts: PageCounts): Series<'outcome'>[] {
  return Array.from(counts ?? [], ([outcome, value]) => ({ labels: { outcome }, value }));
}
