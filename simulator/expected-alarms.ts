/** Which alarms must be active on a node when the fleet stands still, by its scenario alone. */
import { ALARM_ROWS, type AlarmId } from '../src/model/alarms/alarms.ts';

/**
 * Seconds of the nodes' time at which every alarm of the table is active on a node: the flood is on, the leak not yet full, a limit
 * lowered, a burst within the last minute, and what must be pending for minutes has been.
 */
export const ALARMED_SECONDS = 1040;

/** Roles that earn none are not here, nor is one whose agent is away. */
const ALARMS_OF_SCENARIO: Readonly<Record<string, readonly AlarmId[]>> = {
  saturated: ['table_full', 'table_nearly_full', 'table_high'],
  flood: ['table_full', 'table_nearly_full', 'table_high'],
  leak: ['table_filling_up'],
  races: ['insert_failures'],
  chains: ['chains_too_long'],
  invalid: ['invalid_packets'],
  'limit-lowered': ['limit_lowered'],
  'foreign-namespace': ['no_data'],
};

export const expectedAlarms = (scenario: string): readonly AlarmId[] => ALARMS_OF_SCENARIO[scenario] ?? [];

/** Of a node that has any. */
export function worstExpectedAlarm(scenario: string): AlarmId | undefined {
  return ALARM_ROWS.find(({ id }) => expectedAlarms(scenario).includes(id))?.id;
}
