import type { StatusJson } from '../../model/status-json.ts';
import { type Tag, tag } from './tag.ts';

/** The name of the node, and whether the page is being updated. */
export function headerOf({ node, at }: StatusJson, freshness: Freshness): Tag {
  return tag(
    'header',
    {},
    tag('p', { class: 'product' }, 'conntrack-agent on'),
    tag('h1', {}, node),
    tag(
      'p',
      { class: `link ${freshness.link}` },
      tag('span', { class: 'mark', 'aria-hidden': 'true' }),
      linkText(freshness, at),
    ),
  );
}

function linkText({ link, ageSeconds }: Freshness, at: string): string {
  const time = timeOfDay(at);
  switch (link) {
    case 'static':
      return `as of ${time}`;
    case 'live':
      return `live, ${time}`;
    case 'lost':
      return `last heard at ${time}, ${ago(ageSeconds)}`;
  }
}

/** How old the numbers on the page are, and whether it is being updated. */
export type Freshness = {
  /** `static`: made by the server, without a script. `live`: updated by the agent. `lost`: not updated any more. */
  readonly link: 'static' | 'live' | 'lost';
  /** Since the status was made. */
  readonly ageSeconds: number;
  /** Lowest and highest count the chart shows. */
  readonly range?: { readonly seconds: number; readonly lowest: number; readonly highest: number } | undefined;
};

/** "now", "12 s ago", "3 min ago", "2 h ago". */
export function ago(seconds: number): string {
  if (seconds < 2) return 'now';
  if (seconds < 120) return `${Math.floor(seconds)} s ago`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}

/** The time of day in UTC out of ISO 8601. */
export function timeOfDay(at: string): string {
  return `${at.slice(11, 19)} UTC`;
}
