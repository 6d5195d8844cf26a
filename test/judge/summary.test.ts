import { describe, expect, it } from 'vitest';
import type { AlarmName } from '../../src/judge/alarm.ts';
import { CAUSES, type CauseId } from '../../src/judge/causes.ts';
import type { LossReport } from '../../src/judge/loss-report.ts';
import type { Status } from '../../src/judge/table-judge.ts';
import { type VerdictFacts, verdictOn } from '../../src/judge/verdict.ts';

const CALM: Status = {
  atMs: 0,
  entries: 214_958,
  limit: 262_144,
  usage: 0.82,
  peak: 214_958,
  growthPerSecond: 0,
  secondsUntilFull: Number.POSITIVE_INFINITY,
  counters: undefined,
  tableFullDrops: 0,
  isRefusing: false,
  alarms: new Map(),
};

function losing(id: CauseId, perSecond: number, lastMinute = perSecond * 60): LossReport {
  const { total: _, normalPerSecond: __, ...cause } = CAUSES.find((one) => one.id === id)!;
  return { ...cause, perSecond, lastMinute, lastHour: lastMinute, isTrouble: true };
}

type Given = Omit<Partial<VerdictFacts>, 'status'> & { status?: Partial<Status> };

const facts = ({ status, ...rest }: Given): VerdictFacts => ({
  status: { ...CALM, ...status },
  losses: [],
  inHostNetns: true,
  moduleIsLoaded: true,
  ...rest,
});

const raised = (name: AlarmName) => ({ alarms: new Map([[name, { isRaised: true }]]) });

describe('verdictOn()', () => {
  it.each<[string, string, Given]>([
    ['calm', '82 % full, not filling, losing nothing', {}],
    ['warning', '82 % full, full in about 14 min, losing nothing', { status: { secondsUntilFull: 843 } }],
    ['calm', '82 % full, full in about 5 h, losing nothing', { status: { secondsUntilFull: 18_000 } }],
    ['calm', '82 % full, trend not known yet, losing nothing', { status: { secondsUntilFull: undefined } }],
    ['calm', '82 % full, not filling, losses not known', { losses: undefined }],
    ['warning', '92 % full, not filling, losing nothing', { status: { usage: 0.92 } }],
    [
      'critical',
      '100 % full, losing 1,932 packets a second for want of room',
      {
        status: { usage: 1, secondsUntilFull: 0, isRefusing: true },
        losses: [losing('refused', 1932), losing('evicted', 60)],
      },
    ],
    [
      'critical',
      '99 % full, losing 1 packet a second for want of room',
      { status: { usage: 0.999, secondsUntilFull: 0, isRefusing: true }, losses: [losing('refused', 0.1, 1)] },
    ],
    [
      'warning',
      '60 % full, not filling, lost 40 packets within the minute for want of room',
      { status: { usage: 0.6 }, losses: [losing('refused', 0, 40)] },
    ],
    [
      'warning',
      '60 % full, not filling, evicting entries to make room, losing packets to insertion races',
      { status: { usage: 0.6 }, losses: [losing('evicted', 3), losing('races', 1)] },
    ],
    ['critical', '120 % full: above its limit, losing nothing', { status: { usage: 1.2, secondsUntilFull: 0 } }],
    ['critical', '82 % full, not filling, losing nothing', { status: raised('critical') }],
    ['critical', '82 % full, not filling, losing nothing', { status: raised('saturated') }],
    ['warning', '82 % full, not filling, losing nothing', { status: raised('filling') }],
    [
      'calm',
      '214,958 entries and no limit, losing nothing',
      { status: { limit: 0, usage: undefined, secondsUntilFull: undefined } },
    ],
    ['blind', 'Blind: the number of entries cannot be read', { status: { entries: undefined, usage: undefined } }],
    ['blind', 'Blind: the limit cannot be read; 214,958 entries', { status: { limit: undefined, usage: undefined } }],
    ['blind', "Blind: not in the node's network namespace", { inHostNetns: false }],
    ['calm', '82 % full, not filling, losing nothing', { inHostNetns: undefined }],
    [
      'absent',
      'No connection tracking here: the kernel module is not loaded',
      { moduleIsLoaded: false, status: { entries: undefined } },
    ],
  ])('is %s: %s', (level, text, given) => {
    expect(verdictOn(facts(given))).toEqual({ level, text });
  });
});
