import { isForeign, type StatusJson } from '../../model/status-json.ts';
import { agentSection } from './agent-section.ts';
import { lossSection } from './loss-section.ts';
import { newFlowsSection } from './new-flows-section.ts';
import { ago, type Freshness, timeOfDay } from './section.ts';
import { summarySection } from './summary-section.ts';
import { type Tag, tag } from './tag.ts';
import { timeoutsSection, topFlowsSection } from './top-flows-section.ts';
import { chartSection, usageSection } from './usage-section.ts';
import { watchersSection } from './watchers-section.ts';

/** All of the page that changes. */
export function pageOf(status: StatusJson, freshness: Freshness): Tag {
  const isStale = freshness.link === 'lost' || isForeign(status);
  return tag(
    'div',
    { class: isStale ? 'page stale' : 'page' },
    headerOf(status, freshness),
    tag(
      'main',
      {},
      summarySection(status, freshness),
      usageSection(status, freshness),
      chartSection(status, freshness),
      lossSection(status, freshness),
      topFlowsSection(status, freshness),
      agentSection(status, freshness),
      newFlowsSection(status, freshness),
      timeoutsSection(status, freshness),
      watchersSection(status, freshness),
    ),
  );
}

/** The name of the node, and whether the page is being updated. */
function headerOf({ node, at }: StatusJson, freshness: Freshness): Tag {
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
