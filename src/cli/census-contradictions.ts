import type { Draft, Origins } from './contradictions.ts';
import type { Command, OptionKey, Settings } from './options.ts';

const OF_THE_COMMAND = ['by', 'watch', 'json'] as const satisfies readonly OptionKey[];
const OF_THE_CENSUS = ['flowsSchedule', 'flowsBudget', 'flowsTop'] as const satisfies readonly OptionKey[];

/** Flags of `flows` with another command; a census that is set up and turned off. */
export function censusContradictions({ collectFlows }: Draft, origins: Origins, command: Command): string[] {
  if (command === 'flows') return [];
  const named = (key: OptionKey) => origins.get(key) ?? [];
  const strays = OF_THE_COMMAND.flatMap(named).map(
    (flag) => `${flag}: belongs to the command flows, the command is "${command}"`,
  );
  const off = origins.get('collectFlows');
  if (command !== 'serve' || collectFlows !== false || off === undefined) return strays;
  return [
    ...strays,
    ...OF_THE_CENSUS.flatMap(named).map((flag) => `${flag}: contradicts ${off}, which turns the census off`),
  ];
}

/** A manifest may carry what its patch for the census needs, so this is only doubted. */
export function censusDoubts({ collectFlows }: Settings, origins: Origins, command: Command): string[] {
  if (command !== 'serve' || collectFlows) return [];
  return OF_THE_CENSUS.flatMap((key) => origins.get(key) ?? []).map(
    (flag) => `${flag}: expected --collector.flows beside it, got none; no census is taken`,
  );
}
