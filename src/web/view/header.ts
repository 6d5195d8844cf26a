import type { StatusJson } from '../../model/status-json.ts';
import { ago, type Freshness, timeOfDay } from './freshness.ts';
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
