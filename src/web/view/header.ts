import type { StatusJson } from '../../model/status-json.ts';
import { ago, type Freshness, timeOfDay } from './freshness.ts';
import { type Tag, tag } from './tag.ts';

/** Whose page this is and whether it lives. */
export function headerOf({ node, at }: StatusJson, moment: Freshness): Tag {
  return tag(
    'header',
    {},
    tag('p', { class: 'product' }, 'conntrack-agent on'),
    tag('h1', {}, node),
    tag(
      'p',
      { class: `link ${moment.link}` },
      tag('span', { class: 'mark', 'aria-hidden': 'true' }),
      linkText(moment, at),
    ),
  );
}

function linkText({ link, ageSeconds }: Freshness, at: string): string {
  const time = timeOfDay(at);
  switch (link) {
    case 'still':
      return `as of ${time}`;
    case 'live':
      return `live, ${time}`;
    case 'lost':
      return `last heard at ${time}, ${ago(ageSeconds)}`;
  }
}
