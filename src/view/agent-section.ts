import { ago, type Moment } from './moment.ts';
import { brief } from './numbers.ts';
import { section } from './section.ts';
import type { SourceJson, StatusJson } from './status-json.ts';
import { type Tag, tag } from './tag.ts';

/** Whether the agent is to be believed: its sources, its namespace, its version. */
export function agentSection({ agent, netns, sources }: StatusJson, { ageSeconds }: Moment): Tag {
  return section(
    'agent',
    'Sources',
    ago(ageSeconds),
    tag('ul', { class: 'sources' }, ...sources.map(sourceItem)),
    tag('p', { class: 'netns' }, `${namespaceText(netns)}. conntrack-agent ${agent.version} (${agent.revision})`),
  );
}

function sourceItem({ source, via, up, durationSeconds, problem }: SourceJson): Tag {
  const state = up ? 'up' : problem === undefined ? 'absent' : 'broken';
  const detail = up ? `in ${brief(durationSeconds)}` : (problem?.message ?? 'not on this kernel');
  return tag(
    'li',
    { class: state },
    tag('span', { class: 'shape', 'aria-hidden': 'true' }),
    tag('b', {}, source),
    ` ${state} by ${via}, ${detail}`,
  );
}

function namespaceText(netns: StatusJson['netns']): string {
  if (netns?.inHostNetns === undefined)
    return `Whether this is the node's network namespace is not known${netns ? `: ${netns.why}` : ''}`;
  return `${netns.inHostNetns ? "The node's network namespace" : "Not the node's network namespace"}: ${netns.why}`;
}
