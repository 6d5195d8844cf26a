import type { Command, OptionKey, Origins, PartialSettings, Settings } from './options.ts';

const OF_THE_COMMAND = ['by', 'watch', 'json'] as const satisfies readonly OptionKey[];
const OF_FLOW_SAMPLES = ['flowsSchedule', 'sampleSize'] as const satisfies readonly OptionKey[];

/** Of the flow sample alone, unless the network namespaces are ranked too. */
function ofFlowSamples({ collectNetns }: PartialSettings): readonly OptionKey[] {
  return collectNetns === true ? OF_FLOW_SAMPLES : [...OF_FLOW_SAMPLES, 'flowsTop'];
}

/** Flags of `flows` with another command; a flow sample that is set up and turned off. */
export function flowConflicts(settings: PartialSettings, origins: Origins, command: Command): string[] {
  if (command === 'flows') return [];
  const { collectFlows } = settings;
  const named = (key: OptionKey) => origins.get(key) ?? [];
  const strays = OF_THE_COMMAND.flatMap(named).map(
    (flag) => `${flag}: belongs to the command flows, the command is "${command}"`,
  );
  const off = origins.get('collectFlows');
  if (command !== 'serve' || collectFlows !== false || off === undefined) return strays;
  return [
    ...strays,
    ...ofFlowSamples(settings)
      .flatMap(named)
      .map((flag) => `${flag}: contradicts ${off}, which turns the flow sample off`),
  ];
}

/** A manifest may carry what its patch for the flow sample needs, so this is only doubted. */
export function flowWarnings(settings: Settings, origins: Origins, command: Command): string[] {
  if (command !== 'serve' || settings.collectFlows) return [];
  return ofFlowSamples(settings)
    .flatMap((key) => origins.get(key) ?? [])
    .map((flag) => `${flag}: expected --collector.flows beside it, got none; no flow sample is taken`);
}
