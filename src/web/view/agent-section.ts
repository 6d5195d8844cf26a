import { CARRIER_TEXTS } from '../../model/datapath.ts';
import type { SourceJson, StatusJson } from '../../model/status-json.ts';
import { brief } from '../../model/text/numbers.ts';
import { ago, type Freshness, section } from './section.ts';
import { type Tag, tag } from './tag.ts';

/** What the numbers rest on: the agent's sources, its network namespace, its version. */
export function agentSection({ agent, netns, sources, datapath }: StatusJson, { ageSeconds }: Freshness): Tag {
  return section(
    'agent',
    'Sources',
    ago(ageSeconds),
    tag('ul', { class: 'sources' }, ...sources.map(sourceItem)),
    datapath && tag('p', { class: 'netns' }, datapathText(datapath)),
    tag('p', { class: 'netns' }, `${namespaceText(netns)}. conntrack-agent ${agent.version} (${agent.revision})`),
  );
}

function sourceItem(source: SourceJson): Tag {
  const state = source.up ? 'up' : source.problem === undefined ? 'absent' : 'broken';
  const shape = tag('span', { class: 'shape', 'aria-hidden': 'true' });
  return tag('li', { class: state }, shape, tag('b', {}, source.source), ` ${state}, ${detailOf(source)}`);
}

function detailOf({ via, up, durationSeconds, problem }: SourceJson): string {
  if (up) return `${via} in ${brief(durationSeconds)}`;
  return problem === undefined ? `no ${via}` : `${via}: ${problem.message}`;
}

function datapathText({ carries, cni, proxy, seen }: NonNullable<StatusJson['datapath']>): string {
  return `${CARRIER_TEXTS[carries]}: network plugin ${cni}, services by ${proxy} (${seen.join('; ')})`;
}

function namespaceText(netns: StatusJson['netns']): string {
  if (netns?.inHostNetns === undefined)
    return `Whether this is the node's network namespace is not known${netns ? `: ${netns.why}` : ''}`;
  return `${netns.inHostNetns ? "The node's network namespace" : "Not the node's network namespace"}: ${netns.why}`;
}
