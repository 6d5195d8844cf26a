import { describe, expect, it } from 'vitest';
import type { StatusJson } from '../../../src/model/status-json.ts';
import { htmlOf } from '../../../src/web/view/tag.ts';
import { watchersSection } from '../../../src/web/view/watchers-section.ts';
import { PROMETHEUS, ScriptedAgent } from '../../analysis/scrapers/scripted.ts';
import { STATUS } from '../sample-status.ts';

function htmlWith(parts: Partial<StatusJson>): string {
  const section = watchersSection({ ...STATUS, ...parts }, { link: 'static', ageSeconds: 0 });
  return section === undefined ? '' : htmlOf(section);
}

describe('watchersSection()', () => {
  it('is not there where nothing is known', () => {
    expect(htmlWith({})).toBe('');
  });

  it('says that nobody scrapes', () => {
    expect(htmlWith({ scrapers: [] })).toContain('Nobody has scraped this agent');
  });

  it('names a scraper that stops, why, and what to do, as text', () => {
    const agent = new ScriptedAgent();
    agent.reconnects({ ...PROMETHEUS, userAgent: '<b>Telegraf' }, 12);
    agent.keeps(PROMETHEUS, 12);
    const html = htmlWith({ scrapers: agent.scrapers.reportsAt(agent.nowMs) });
    for (const text of ['&lt;b&gt;Telegraf', 'stops', 'closes its connection', '--web.untracked', '100 %', 'goes on']) {
      expect(html).toContain(text);
    }
    expect(html.indexOf('stops')).toBeLessThan(html.indexOf('goes on'));
  });

  it('says how old a connection to Alertmanager is and where it leads, or that there is none', () => {
    const url = 'http://alertmanager:9093';
    const open = { url, isConnected: true, ageSeconds: 7500, address: '10.0.0.7:9093', problem: undefined };
    expect(htmlWith({ alertmanagers: [open] })).toContain('connected to 10.0.0.7:9093 for 2 h 5 min');
    const shut = { ...open, isConnected: false, ageSeconds: undefined, address: undefined };
    expect(htmlWith({ alertmanagers: [shut] })).toContain('not connected');
  });

  it('says that alerts are not delivered, although there is a connection', () => {
    const problem = { message: 'status 403', remedy: 'Allow it' };
    const open = { url: 'http://a', isConnected: true, ageSeconds: 75, address: '10.0.0.7:9093' };
    const lastPost = { isDelivered: false, agoSeconds: 3 };
    const html = htmlWith({ alertmanagers: [{ ...open, lastPost, failingSeconds: 65, problem }] });
    expect(html).toContain('alerts are not delivered, for 1 min 5 s: status 403. Allow it');
    expect(html).toContain('class="broken"');
  });
});
