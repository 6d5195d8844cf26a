import { describe, expect, it } from 'vitest';
import { CloudAllowance } from '../../../src/analysis/table/cloud-allowance.ts';
import { ALARM_ROWS } from '../../../src/model/alarms/alarms.ts';
import { LOSS_CAUSE_IDS, LOSS_CAUSE_ROWS } from '../../../src/model/alarms/loss-causes.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/model/alarms/thresholds.ts';
import { status } from '../../analysis/watched.ts';

describe.each(LOSS_CAUSE_ROWS)('the loss cause $id', ({ remedy, baselinePerSecond, alarm, sentence, meaning }) => {
  it('has a remedy that one can carry out, in sentences without a period', () => {
    expect(remedy.length).toBeGreaterThan(0);
    for (const text of [...remedy, sentence, meaning]) expect(text).toMatch(/^[A-Z].*[^.]$/s);
  });

  it('has a baseline, and an alarm that there is, if it has one', () => {
    expect(baselinePerSecond(DEFAULT_THRESHOLDS)).toBeGreaterThanOrEqual(0);
    expect([undefined, ...ALARM_ROWS.map(({ id }) => id)]).toContain(alarm);
  });
});

describe('LOSS_CAUSES', () => {
  it('have ids, labels and words of their own', () => {
    expect(LOSS_CAUSE_ROWS.map(({ id }) => id)).toEqual(LOSS_CAUSE_IDS);
    for (const key of ['label', 'sentence', 'summary', 'title', 'meaning'] as const) {
      expect(new Set(LOSS_CAUSE_ROWS.map((row) => row[key])).size).toBe(LOSS_CAUSE_ROWS.length);
    }
  });

  it('are undefined where the kernel does not count them', () => {
    const nothing = { tableFullDrops: undefined, dropsByCause: undefined, insertFailures: undefined, cloud: undefined };
    for (const { lost } of LOSS_CAUSE_ROWS) expect(lost({ ...nothing, counters: new Map() })).toBeUndefined();
    for (const { lost } of LOSS_CAUSE_ROWS) expect(lost(status(0))).toBeUndefined();
  });

  it('are read from a status: its counters, the drops of a full table and of the cloud, and the causes of insert failures', () => {
    const seen = status(0, 7, { drop: 99, insert_failed: 5, chainlength: 2, early_drop: 3, invalid: 4, found: 6 });
    const cloud = new CloudAllowance();
    for (const exceeded of [40n, 42n]) cloud.add([{ device: 'ens5', available: 0, exceeded }], 0);
    const both = { ...seen, cloud: cloud.statusAt(0) };
    expect(LOSS_CAUSE_ROWS.map(({ id, lost }) => [id, lost(both)])).toEqual([
      ['table_full', 7],
      ['cloud_allowance', 2],
      ['evicted', 3],
      ['insert_failures', 3],
      ['snat_ports_exhausted', 4],
      ['nat_without_ports', 7],
      ['insert_failures_unexplained', 5],
      ['memory_drops', 9],
      ['tracker_drops', 8],
      ['unexplained_drops', 10],
      ['chains_too_long', 2],
      ['invalid_packets', 4],
      ['nat_collisions', 6],
    ]);
  });
});
