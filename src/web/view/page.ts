import { isForeign, type StatusJson } from '../../model/status-json.ts';
import { agentSection } from './agent-section.ts';
import { chartSection } from './chart-section.ts';
import type { Freshness } from './freshness.ts';
import { headerOf } from './header.ts';
import { lossSection } from './loss-section.ts';
import { summarySection } from './summary-section.ts';
import { type Tag, tag } from './tag.ts';
import { topFlowsSection } from './talker-section.ts';
import { usageSection } from './usage-section.ts';

/** All of the page that changes. */
export function pageOf(status: StatusJson, moment: Freshness): Tag {
  const isStale = moment.link === 'lost' || isForeign(status);
  return tag(
    'div',
    { class: isStale ? 'page stale' : 'page' },
    headerOf(status, moment),
    tag(
      'main',
      {},
      summarySection(status, moment),
      usageSection(status, moment),
      chartSection(status, moment),
      lossSection(status, moment),
      topFlowsSection(status, moment),
      agentSection(status, moment),
    ),
  );
}
