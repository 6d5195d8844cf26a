import { describe, expect, it } from 'vitest';
import { type SummaryFacts, summaryOf } from '../../../src/analysis/table/summary.ts';
import type { AlarmId } from '../../../src/model/alarms/alarms.ts';
import { LOSS_CAUSE_ROWS, type LossCauseId } from '../../../src/model/alarms/loss-causes.ts';
import type { Carrier, Datapath } from '../../../src/model/datapath.ts';
import type { AlarmState, Status } from '../../../src/model/status.ts';
import type { LossReport } from '../../../src/model/status-json.ts';
import { status } from '../watched.ts';

const HEALTHY: Status = { ...status(0, 0), entries: 214_958, limit: 262_144, usage: 0.82, peak: 214_958 };

function losing(id: LossCauseId, perSecond: number, lastMinute = perSecond * 60): LossReport {
  const cause = LOSS_CAUSE_ROWS.find((one) => one.id === id)!;
  return { ...cause, perSecond, lastMinute, lastHour: lastMinute, isAboveBaseline: true };
}

type Given = Omit<Partial<SummaryFacts>, 'status'> & { status?: Partial<Status> };

const facts = ({ status: given, ...rest }: Given): SummaryFacts => ({
  status: { ...HEALTHY, ...given },
  losses: [],
  inHostNetns: true,
  moduleIsLoaded: true,
  ...rest,
});

const alarm = (state: AlarmState) => ({ state, firingSinceMs: 0, raised: 1 });
const firing = (...ids: AlarmId[]) => ({ alarms: new Map(ids.map((id) => [id, alarm('firing')])) });

const carriedBy = (carries: Carrier): Datapath => ({ cni: 'x', proxy: 'y', carries, seen: [], bpfMetric: undefined });

describe('summaryOf()', () => {
  it.each<[string, string, Given]>([
    ['ok', '82 % full, not filling, losing nothing', {}],
    ['ok', '82 % full, full in about 14 min, losing nothing', { status: { secondsUntilFull: 843 } }],
    ['ok', '82 % full, full in about 5 h, losing nothing', { status: { secondsUntilFull: 18_000 } }],
    ['ok', '82 % full, trend not known yet, losing nothing', { status: { secondsUntilFull: undefined } }],
    ['ok', '82 % full, not filling, losses not known', { losses: undefined }],
    ['ok', '99.9 % full, not filling, losing nothing', { status: { usage: 0.99999 } }],
    ['ok', '82 % full, not filling, losing nothing', { datapath: carriedBy('nf_conntrack') }],
    [
      'ok',
      "This table does not carry the pods' connections, BPF does; 82 % full, not filling, losing nothing",
      { datapath: carriedBy('bpf') },
    ],
    [
      'ok',
      "This table carries only a part of the pods' connections, BPF the rest; 82 % full, not filling, losing nothing",
      { datapath: carriedBy('mixed') },
    ],
    [
      'critical',
      '82 % full, not filling, losing connections to the limit of its cloud',
      { losses: [losing('cloud_allowance', 3)], status: firing('cloud_allowance_exceeded') },
    ],
    [
      'critical',
      '100 % full, losing 1,932 packets a second because the table is full',
      {
        status: { usage: 1, secondsUntilFull: 0, isDropping: true, ...firing('table_full') },
        losses: [losing('table_full', 1932), losing('evicted', 60)],
      },
    ],
    [
      'critical',
      '99.9 % full, losing 1 packet a second because the table is full',
      {
        status: { usage: 0.999, secondsUntilFull: 0, isDropping: true, ...firing('table_full') },
        losses: [losing('table_full', 0.1, 1)],
      },
    ],
    [
      'ok',
      '60 % full, not filling, lost 40 packets within the minute because the table is full',
      { status: { usage: 0.6 }, losses: [losing('table_full', 0, 40)] },
    ],
    [
      'warning',
      '60 % full, not filling, evicting entries before their time, losing packets to insert failures',
      {
        status: { usage: 0.6, ...firing('insert_failures') },
        losses: [losing('evicted', 3), losing('insert_failures', 1)],
      },
    ],
    [
      'critical',
      '100 % full, evicting, nothing dropped yet, losing packets to insert failures',
      {
        status: { usage: 1, secondsUntilFull: 0, ...firing('table_nearly_full') },
        losses: [losing('evicted', 500), losing('insert_failures', 1)],
      },
    ],
    [
      'critical',
      '120 % full: above its limit, nothing dropped yet',
      { status: { usage: 1.2, secondsUntilFull: 0, ...firing('table_nearly_full') } },
    ],
    [
      'critical',
      '100 % full, losses not known',
      { status: { usage: 1, secondsUntilFull: 0, isDropping: undefined, ...firing('table_full') }, losses: undefined },
    ],
    [
      'critical',
      '100 % full, lost 40 packets within the minute because the table is full',
      { status: { usage: 1, secondsUntilFull: 0, ...firing('table_full') }, losses: [losing('table_full', 0, 40)] },
    ],
    [
      'warning',
      '60 % full, not filling, losing packets to the tracker of their protocol',
      { status: { usage: 0.6, ...firing('drops_below_limit') }, losses: [losing('tracker_drops', 5)] },
    ],
    ['critical', '82 % full, not filling, losing nothing', { status: firing('table_nearly_full', 'no_data') }],
    ['warning', '82 % full, not filling, losing nothing', { status: firing('table_filling_up', 'limit_lowered') }],
    ['no_data', '82 % full, not filling, losing nothing', { status: firing('no_data') }],
    [
      'ok',
      '82 % full, not filling, losing nothing',
      { status: { alarms: new Map([['table_full', alarm('pending')]]) } },
    ],
    [
      'critical',
      '82 % full, not filling, losing nothing',
      { status: { alarms: new Map([['table_full', alarm('resolving')]]) } },
    ],
    [
      'ok',
      '214,958 entries and no limit, losing nothing',
      { status: { limit: 0, usage: undefined, secondsUntilFull: undefined } },
    ],
    ['no_data', 'No data: the number of entries cannot be read', { status: { entries: undefined, usage: undefined } }],
    [
      'no_data',
      'No data: the limit cannot be read; 214,958 entries',
      { status: { limit: undefined, usage: undefined } },
    ],
    [
      'critical',
      "Not in the node's network namespace; this table: 82 % full, not filling, losing nothing",
      { inHostNetns: false, status: firing('table_full') },
    ],
    [
      'no_data',
      "Not in the node's network namespace; this table: 82 % full, not filling, losing nothing",
      { inHostNetns: false },
    ],
    ['ok', '82 % full, not filling, losing nothing', { inHostNetns: undefined }],
    [
      'not_loaded',
      'No connection tracking here: the kernel module is not loaded',
      { moduleIsLoaded: false, status: { entries: undefined } },
    ],
  ])('is %s: %s', (level, text, given) => {
    expect(summaryOf(facts(given))).toEqual({ level, text });
  });
});
