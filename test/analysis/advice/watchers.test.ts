import { describe, expect, it } from 'vitest';
import { adviceOnWatchers } from '../../../src/analysis/advice/watchers.ts';
import type { AlertmanagerReport, ScraperReport } from '../../../src/model/scrapers.ts';
import { MINUTE, PROMETHEUS, ScriptedAgent } from '../scrapers/scripted.ts';
import { snapshotOf } from './node-snapshots.ts';

const URL = 'http://alertmanager:9093';
const OPEN: AlertmanagerReport = {
  url: URL,
  isConnected: true,
  ageSeconds: 7500,
  address: '10.0.0.7:9093',
  problem: undefined,
};

async function adviceOn(scrapers: readonly ScraperReport[], alertmanagers: readonly AlertmanagerReport[] = []) {
  return adviceOnWatchers(await snapshotOf('debian-6.1', { watchers: { scrapers, alertmanagers } }));
}

describe('adviceOnWatchers()', () => {
  it('says nothing where no agent answers', async () => {
    expect(adviceOnWatchers(await snapshotOf('debian-6.1'))).toEqual([]);
  });

  it('warns of a scraper that stops, and not of one that goes on or of a person with curl', async () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 20);
    agent.reconnects({ ...PROMETHEUS, userAgent: 'Telegraf/1.29.1', address: '10.0.0.5' }, 20);
    agent.reconnects({ ...PROMETHEUS, userAgent: 'curl/7.88.1' }, 20);
    const advice = await adviceOn(agent.scrapers.reportsAt(agent.nowMs));
    expect(advice.map(({ severity, title }) => [severity, title])).toEqual([
      ['warning', 'Telegraf/1.29.1 at 10.0.0.5 stops while the table is full'],
      ['ok', 'Prometheus/2.42.0 at 10.0.0.2 goes on while the table is full'],
    ]);
    expect(advice[0]).toMatchObject({
      seen: ['20 of 20 scrapes of the last hour came over a new connection, every 15 s'],
      meaning: expect.stringContaining('a full table lets no new connection in'),
      remedy: [expect.stringContaining('unix:///run'), expect.stringContaining('--web.untracked')],
    });
  });

  it('warns of a scraper that has stopped because the table is full', async () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 60);
    agent.scrapers.observeTable(true, agent.nowMs);
    agent.nowMs += MINUTE;
    const [advice] = await adviceOn(agent.scrapers.reportsAt(agent.nowMs));
    expect(advice).toMatchObject({
      severity: 'warning',
      title: 'Prometheus/2.42.0 at 10.0.0.2 has stopped: the table is full',
      seen: ['last scrape 1 min 15 s ago; usually one every 15 s'],
    });
  });

  it('warns of no scraper that it does not know well enough yet', async () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 2, MINUTE);
    const [advice] = await adviceOn(agent.scrapers.reportsAt(agent.nowMs));
    expect(advice).toMatchObject({ severity: 'ok', title: expect.stringContaining('may stop') });
  });

  it('says where alerts go out, and warns of a connection that is not open or not kept', async () => {
    const closing = { message: 'It closes connections after 5 s without a request', remedy: 'Keep them open' };
    const shut = { ...OPEN, isConnected: false, ageSeconds: undefined, address: undefined };
    const advice = await adviceOn([], [OPEN, { ...OPEN, problem: closing }, shut]);
    expect(advice.slice(1).map(({ severity, seen, remedy }) => [severity, seen, remedy])).toEqual([
      ['ok', ['connected to 10.0.0.7:9093 for 2 h 5 min'], []],
      ['warning', ['connected to 10.0.0.7:9093 for 2 h 5 min', closing.message], [closing.remedy]],
      ['warning', ['not connected'], [expect.stringContaining('log of the agent')]],
    ]);
  });

  it('warns of an Alertmanager that does not take what is posted, although it is connected', async () => {
    const problem = { message: 'status 401 (credentials are wrong)', remedy: 'Set --alertmanager.basic-auth.*' };
    const lastPost = { isDelivered: false, agoSeconds: 3 };
    const advice = await adviceOn([], [{ ...OPEN, lastPost, failingSeconds: 190, problem }]);
    expect(advice.at(-1)).toMatchObject({
      severity: 'warning',
      title: `Alerts are not delivered to ${URL}`,
      seen: [problem.message, 'not delivered for 3 min 10 s', 'connected to 10.0.0.7:9093 for 2 h 5 min'],
      remedy: [problem.remedy],
    });
  });

  it('says when the last post was delivered', async () => {
    const advice = await adviceOn([], [{ ...OPEN, lastPost: { isDelivered: true, agoSeconds: 4 } }]);
    expect(advice.at(-1)?.seen).toEqual(['connected to 10.0.0.7:9093 for 2 h 5 min, last post delivered 4 s ago']);
  });
});
