import type { Command, Draft, OptionKey, Origins, Settings } from './options.ts';

const OF_THE_COMMAND = ['by', 'watch', 'json'] as const satisfies readonly OptionKey[];
const OF_THE_CENSUS = ['flowsSchedule', 'sampleSize'] as const satisfies readonly OptionKey[];

/** Of the census alone, unless the network namespaces are ranked too. */
function ofTheCensus({ collectNetns }: Draft): readonly OptionKey[] {
  return collectNetns === true ? OF_THE_CENSUS : [...OF_THE_CENSUS, 'flowsTop'];
}

/** Flags of `flows` with another command; a census that is set up and turned off. */
export function censusContradictions(draft: Draft, origins: Origins, command: Command): string[] {
  if (command === 'flows') return [];
  const { collectFlows } = draft;
  const named = (key: OptionKey) => origins.get(key) ?? [];
  const strays = OF_THE_COMMAND.flatMap(named).map(
    (flag) => `${flag}: belongs to the command flows, the command is "${command}"`,
  );
  const off = origins.get('collectFlows');
  if (command !== 'serve' || collectFlows !== false || off === undefined) return strays;
  return [
    ...strays,
    ...ofTheCensus(draft)
      .flatMap(named)
      .map((flag) => `${flag}: contradicts ${off}, which turns the census off`),
  ];
}

/** A manifest may carry what its patch for the census needs, so this is only doubted. */
export function censusDoubts(settings: Settings, origins: Origins, command: Command): string[] {
  if (command !== 'serve' || settings.collectFlows) return [];
  return ofTheCensus(settings)
    .flatMap((key) => origins.get(key) ?? [])
    .map((flag) => `${flag}: expected --collector.flows beside it, got none; no census is taken`);
}
