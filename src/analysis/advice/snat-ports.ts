import { alarmRow } from '../../model/alarms/alarms.ts';
import { LOSS_CAUSE_ROWS } from '../../model/alarms/loss-causes.ts';
import type { Thresholds } from '../../model/alarms/thresholds.ts';
import { portsText, type SnatPortsUsed } from '../../model/flows.ts';
import { count } from '../../model/text/numbers.ts';
import { TableJudge } from '../table/table-judge.ts';
import type { Advice, Snapshot } from './snapshot.ts';

const LISTED = 3;

/** Destinations to which source NAT has few ports left, by the flow sample of this look and the alarm of the agent. */
export function adviceOnSnatPorts({ flowSample, thresholds }: Snapshot): Advice[] {
  const low = (flowSample?.snatPorts ?? []).filter((used) => isLow(used, thresholds));
  if (low.length === 0) return [];
  const row = alarmRow('snat_ports_low');
  const { remedy } = LOSS_CAUSE_ROWS.find(({ id }) => id === 'snat_ports_exhausted')!;
  return [
    {
      id: 'snat-ports-low',
      severity: row.severity,
      title: 'Source NAT has few ports left',
      seen: low.slice(0, LISTED).map((used) => `${portsText(used)}: ${count(used.used)} of ${count(used.usable)}`),
      meaning: 'When all are taken, new flows to that destination are dropped; others are served',
      remedy,
      sysctls: [],
      alarms: ['snat_ports_low'],
    },
  ];
}

/** As the agent judges it, with nothing else known. */
function isLow(snatPorts: SnatPortsUsed, thresholds: Thresholds): boolean {
  const judge = new TableJudge({ peakWindowMs: 1, thresholds });
  judge.addFacts({ snatPorts });
  return alarmRow('snat_ports_low').raise(judge.statusAt(0).inputs, thresholds) === true;
}
