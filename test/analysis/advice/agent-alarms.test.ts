import { describe, expect, it } from 'vitest';
import { adviceOn, worstOf } from '../../../src/analysis/advice/all-advice.ts';
import type { Snapshot } from '../../../src/analysis/advice/snapshot.ts';
import { ALARM_ROWS, type AlarmId, alarmRow, runbookUrl } from '../../../src/model/alarms/alarms.ts';
import type { AlarmJson } from '../../../src/model/status-json.ts';
import { PROMETHEUS, ScriptedAgent } from '../scrapers/scripted.ts';
import { flowSampleOf, growing, portsUsed, snapshotOf } from './node-snapshots.ts';

function active(id: AlarmId, change: Partial<AlarmJson> = {}): AlarmJson {
  const { alertname, severity, label, summary } = alarmRow(id);
  const texts = { alertname, severity, label, summary, runbookUrl: runbookUrl(alertname) };
  return { alarm: id, ...texts, forSeconds: 300, isResolving: false, ...change };
}

const watchedBy = (...alarms: AlarmJson[]): Snapshot['watchers'] => {
  const agent = new ScriptedAgent();
  agent.keeps(PROMETHEUS, 20);
  return { scrapers: agent.scrapers.reportsAt(agent.nowMs), alertmanagers: [], alarms };
};

const filledTo = (share: number) => (snapshot: Snapshot) => {
  const entries = Math.round(share * snapshot.limit!);
  return { ...snapshot, entries, peak: entries };
};

/** What this look sees by itself of each alarm's condition; the others take more time than a look, or only the agent knows. */
const SEEN_ALONE: Partial<Record<AlarmId, (snapshot: Snapshot) => Snapshot>> = {
  table_full: filledTo(1),
  table_nearly_full: filledTo(0.96),
  table_high: filledTo(0.91),
  cloud_allowance_exceeded: (snapshot) => ({ ...snapshot, cloud: cloudOf(0, 7) }),
  cloud_allowance_low: (snapshot) => ({ ...snapshot, cloud: cloudOf(10, 0) }),
  insert_failures: (snapshot) => growing(snapshot, { insert_failed: 3, drop: 3 }),
  snat_ports_exhausted: (snapshot) => growing(snapshot, { insert_failed: 3, drop: 3, found: 744 }),
  nat_without_ports: (snapshot) => growing(snapshot, { insert_failed: 12, drop: 12, found: 12 }),
  insert_failures_unexplained: (snapshot) => growing(snapshot, { insert_failed: 3, drop: 3, found: 30 }),
  snat_ports_low: (snapshot) => ({ ...snapshot, flowSample: { ...flowSampleOf(), snatPorts: [portsUsed(0.93)] } }),
  chains_too_long: (snapshot) => growing(snapshot, { chainlength: 9, insert_failed: 9 }),
  invalid_packets: (snapshot) => growing(snapshot, { invalid: 3000 }),
  limit_lowered: (snapshot) => ({ ...snapshot, limit: 131_072 }),
  kube_proxy_limit_low: (snapshot) => ({ ...snapshot, cpus: 4 }),
  no_data: (snapshot) => ({ ...snapshot, netns: { inHostNetns: false, why: 'another' } }),
};

function cloudOf(available: number, dropped: number): Snapshot['cloud'] {
  const devices = [{ device: 'ens5', available, exceeded: dropped }];
  const trend = { growthPerSecond: undefined, secondsUntilExceeded: undefined };
  return { devices, available, ...trend, dropped, droppedLastMinute: dropped };
}

const isOf = (id: string) => (advice: { readonly id: string; readonly alarms?: readonly string[] }) =>
  advice.id === `agent-${id}` || advice.alarms?.includes(id);

describe('doctor beside a running agent', () => {
  it.each(ALARM_ROWS)('reports $id once, with its severity, although this look does not show it', async ({ id }) => {
    const { severity, meaning } = alarmRow(id);
    const quiet = adviceOn(await snapshotOf('debian-6.1', { watchers: watchedBy() }));
    expect(worstOf(quiet)).toBe('ok');
    const advice = adviceOn(await snapshotOf('debian-6.1', { watchers: watchedBy(active(id)) }));
    expect(worstOf(advice)).toBe(severity);
    const reported = advice.filter(isOf(id));
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatchObject({ severity, meaning: meaning.replace(/\.$/, '') });
    expect(reported[0]!.seen.join('\n')).toMatch(/^reported by the running agent: Conntrack\w+, active for 5 min/);
    expect(reported[0]!.remedy.at(-1)).toContain(runbookUrl(alarmRow(id).alertname));
  });

  it.each(Object.keys(SEEN_ALONE) as AlarmId[])('reports %s once where this look shows it too', async (id) => {
    const fixture = id === 'kube_proxy_limit_low' ? 'debian-6.1' : 'rhel8-4.18';
    const base = id === 'limit_lowered' ? 'count-above-limit' : id === 'chains_too_long' ? 'small-gateway' : fixture;
    const seen = SEEN_ALONE[id]!(await snapshotOf(base));
    const alone = adviceOn(seen).filter(isOf(id));
    expect(alone.length).toBeGreaterThan(0);
    const both = adviceOn({ ...seen, watchers: watchedBy(active(id)) });
    expect(both.filter(isOf(id)).map((advice) => advice.id)).toEqual(alone.map((advice) => advice.id));
    expect(both.filter(({ seen }) => seen.join().includes('the running agent reports it too'))).toHaveLength(
      alone[0]!.alarms![0] === id ? 1 : 0,
    );
  });

  it('takes the severity of the alarm where this look finds the same condition harmless', async () => {
    const notScraped = { scrapers: [], alertmanagers: [], alarms: [active('no_scraper')] };
    const advice = adviceOn(await snapshotOf('debian-6.1', { watchers: notScraped }));
    expect(advice.filter(isOf('no_scraper'))).toMatchObject([{ id: 'not-scraped', severity: 'warning' }]);
    expect(worstOf(advice)).toBe('warning');
  });

  it('says nothing of the lower levels that a nearly full table implies', async () => {
    const alarms = (['table_nearly_full', 'table_filling_up', 'table_high'] as const).map((id) => active(id));
    const seen = filledTo(0.96)(await snapshotOf('debian-6.1', { watchers: watchedBy(...alarms) }));
    const advice = adviceOn(seen).filter(({ severity }) => severity !== 'ok');
    expect(advice.filter(({ title }) => /table|full/i.test(title)).map(({ id }) => id)).toEqual(['table-nearly-full']);
  });

  it('reports an alarm that is about to end, and says so', async () => {
    const watchers = watchedBy(active('table_full', { isResolving: true }));
    const [first] = adviceOn(await snapshotOf('debian-6.1', { watchers }));
    expect(first).toMatchObject({ id: 'agent-table_full', severity: 'critical' });
    expect(first!.seen[0]).toContain('its condition no longer holds');
  });

  it('reports an alarm that this version does not know, in the words of the agent', async () => {
    const unknown = { ...active('table_full'), alarm: 'moon_phase', alertname: 'ConntrackMoon', summary: 'has a moon' };
    const [first] = adviceOn(await snapshotOf('debian-6.1', { watchers: watchedBy(unknown) }));
    expect(first).toMatchObject({ id: 'agent-moon_phase', severity: 'critical', title: 'The node has a moon' });
  });

  it("reports the node's alarms where this look is in another network namespace, without advice on that table", async () => {
    const watchers = watchedBy(active('table_full'));
    const advice = adviceOn(await snapshotOf('foreign-namespace', { watchers }));
    expect(advice.map(({ id }) => id)).toEqual(['namespace-foreign', 'agent-table_full', 'table-empty']);
    expect(advice[1]!.sysctls).toEqual([]);
  });
});

describe('doctor without a running agent', () => {
  it('says why none answers, and that only this look is reported', async () => {
    const agentProblem = { message: 'Cannot query', remedy: 'run as root' };
    const advice = adviceOn(await snapshotOf('debian-6.1', { agentProblem }));
    expect(advice.find(({ id }) => id === 'agent-absent')).toMatchObject({
      severity: 'ok',
      seen: ['Cannot query', 'run as root'],
    });
  });

  it('says nothing of one where none was looked for', async () => {
    expect(adviceOn(await snapshotOf('debian-6.1')).map(({ id }) => id)).not.toContain('agent-absent');
  });
});
