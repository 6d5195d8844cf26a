import { LOSS_CAUSE_ROWS } from '../../model/loss-causes.ts';
import { count, percent } from '../../model/numbers.ts';
import { usageOf } from '../../model/status.ts';
import type { Advice } from './advice.ts';
import type { Snapshot } from './snapshot.ts';

const CAUSE = LOSS_CAUSE_ROWS.find(({ id }) => id === 'cloud_allowance')!;

/** The table that the cloud keeps for the instance, where a network driver tells of it. */
export function adviceOnCloud(snapshot: Snapshot): Advice[] {
  const { cloud, thresholds } = snapshot;
  if (cloud === undefined) return [];
  const { id, title, meaning, remedy } = CAUSE;
  const alarms = ['cloud_allowance_exceeded', 'cloud_allowance_low'] as const;
  const seen = seenOf(snapshot);
  const advice = { seen, meaning, remedy, sysctls: [] };
  if ((cloud.dropped ?? 0) > 0) return [{ ...advice, id: `${id}-now`, severity: 'critical', title, alarms }];
  const { available } = cloud;
  if (available !== undefined && available <= thresholds.cloudAllowanceAvailable) {
    const low = 'The cloud can track few more connections for this instance';
    return [{ ...advice, id: `${id}-low`, severity: 'warning', title: low, alarms: ['cloud_allowance_low'] }];
  }
  const hasDropped = droppedSinceReset(snapshot) > 0;
  const quiet = hasDropped ? CAUSE.sinceBoot! : 'The cloud can track more connections';
  const name = hasDropped ? `${id}-since-boot` : `${id}-fine`;
  return [{ id: name, severity: 'ok', title: quiet, seen, meaning: '', remedy: [], sysctls: [] }];
}

function seenOf(snapshot: Snapshot): string[] {
  const { cloud, entries, limit, snapshotSeconds } = snapshot;
  const { available, dropped, devices } = cloud!;
  const usage = usageOf({ entries, limit });
  const sinceReset = droppedSinceReset(snapshot);
  const names = devices.map(({ device }) => device).join(', ');
  return [
    ...(available === undefined ? [] : [`${count(available)} more can be tracked by the cloud, as ${names} tells`]),
    ...(entries === undefined || usage === undefined
      ? []
      : [`${count(entries)} in this table (${percent(usage)} of its limit)`]),
    ...(dropped === undefined || sinceReset === 0
      ? []
      : [
          `${count(dropped)} packets dropped in ${snapshotSeconds.toFixed(1)} s, ${count(sinceReset)} since the driver was reset`,
        ]),
  ];
}

/** Of the device that counted most: all count drops of one allowance. */
function droppedSinceReset({ cloud }: Snapshot): number {
  return Math.max(0, ...(cloud?.devices ?? []).map(({ exceeded = 0 }) => exceeded));
}
