import { describe, expect, it } from 'vitest';
import { MINUTE, PROMETHEUS, ScriptedAgent, SECOND } from './scripted.ts';

const TELEGRAF = { ...PROMETHEUS, userAgent: 'Telegraf/1.29.1', address: '10.0.0.5' };
const CURL = { ...PROMETHEUS, userAgent: 'curl/7.88.1', address: '10.0.0.9' };

describe('a scraper while the table is full', () => {
  it('goes on when it keeps its connection', () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 20);
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({
      scrapes: 20,
      kept: 19,
      new: 1,
      intervalSeconds: 15,
      slowestSeconds: 0.003,
      whileFull: 'goes_on',
      reason: undefined,
      remedy: [],
    });
  });

  it('stops when each scrape has a port of its own', () => {
    const agent = new ScriptedAgent();
    agent.reconnects(TELEGRAF, 20);
    const report = agent.reportOf(TELEGRAF);
    expect(report).toMatchObject({ scrapes: 20, kept: 0, new: 20, intervalSeconds: 15, whileFull: 'stops' });
    expect(report.remedy[0]).toContain('unix:///run/conntrack-agent/agent.sock');
  });

  it('is not known after one scrape, nor after one on each of two connections', () => {
    const agent = new ScriptedAgent();
    agent.reconnects(PROMETHEUS, 1);
    expect(agent.reportOf(PROMETHEUS).whileFull).toBe('unknown');
    agent.reconnects(PROMETHEUS, 1);
    expect(agent.reportOf(PROMETHEUS).whileFull).toBe('unknown');
    agent.reconnects(PROMETHEUS, 1);
    expect(agent.reportOf(PROMETHEUS).whileFull).toBe('stops');
  });

  it('goes on where two replicas behind one address each keep a connection, as soon as that is known', () => {
    const agent = new ScriptedAgent();
    const [one, other] = [agent.connect(), agent.connect()];
    for (let i = 0; i < 12; i += 1) {
      for (const connection of [one, other]) {
        agent.scrape(PROMETHEUS, connection, i === 0 ? 'new' : 'kept');
        agent.nowMs += 7 * SECOND;
        const results = Math.max(0, agent.reportOf(PROMETHEUS).scrapes - 2);
        expect(agent.reportOf(PROMETHEUS).whileFull).toBe(results < 5 ? 'unknown' : 'goes_on');
      }
    }
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({ scrapes: 24, new: 2, intervalSeconds: 14 });
    expect(agent.reconnecting).toEqual([]);
  });

  it('stops in part where one of two clients of one name keeps its connection', () => {
    const agent = new ScriptedAgent();
    const kept = agent.connect();
    for (let i = 0; i < 60; i += 1) {
      agent.keeps(PROMETHEUS, i === 0 ? 1 : 0, 0, kept);
      if (i > 0) agent.scrape(PROMETHEUS, kept, 'kept');
      agent.reconnects(PROMETHEUS, 1, 15 * SECOND);
    }
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({ kept: 59, new: 61, whileFull: 'partly_stops' });
    expect(agent.reconnecting).toHaveLength(1);
  });

  it('keeps two scrapers behind one address apart by their names', () => {
    const agent = new ScriptedAgent();
    const vmagent = { ...PROMETHEUS, userAgent: 'vm_promscrape' };
    const kept = agent.connect();
    for (let i = 0; i < 12; i += 1) {
      agent.scrape(PROMETHEUS, kept, i === 0 ? 'new' : 'kept');
      agent.reconnects(vmagent, 1, 15 * SECOND, { notKept: 'close_header' });
    }
    expect(agent.reportOf(PROMETHEUS).whileFull).toBe('goes_on');
    expect(agent.reportOf(vmagent)).toMatchObject({
      whileFull: 'stops',
      reason: 'asks for each connection to be closed',
      remedy: [expect.stringContaining('-promscrape.disableKeepAlive'), expect.any(String), expect.any(String)],
    });
  });

  it('goes on over the unix socket, however often it connects', () => {
    const agent = new ScriptedAgent();
    const local = { address: '', userAgent: 'Telegraf/1.29.1', listener: 'unix:/run/conntrack-agent/agent.sock' };
    for (let i = 0; i < 40; i += 1) {
      const connection = agent.connect();
      agent.scrape(local, connection, 'socket');
      agent.close(connection);
      agent.nowMs += 30 * SECOND;
    }
    expect(agent.reportOf(local)).toMatchObject({ scrapes: 40, kept: 0, new: 0, whileFull: 'goes_on' });
    expect(agent.reconnecting).toEqual([]);
    expect(agent.scrapers.totals).toEqual(
      new Map([
        ['kept', 0],
        ['new', 0],
        ['socket', 40],
      ]),
    );
  });

  it('goes on when connections to the agent are not tracked', () => {
    const agent = new ScriptedAgent({ isUntracked: true });
    agent.reconnects(TELEGRAF, 80);
    expect(agent.reportOf(TELEGRAF).whileFull).toBe('goes_on');
    expect(agent.reconnecting).toEqual([]);
  });

  it('leaves connections behind: stops, once there are more than clients could have', () => {
    const agent = new ScriptedAgent();
    for (let i = 0; i < 20; i += 1) {
      agent.scrape(PROMETHEUS, agent.connect(), 'new');
      agent.nowMs += 15 * SECOND;
    }
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({
      whileFull: 'stops',
      reason: 'opens another connection and leaves the last one open',
    });
  });

  it.each([
    ['a proxy that speaks HTTP/1.0', PROMETHEUS, { notKept: 'http_1_0' }, /HTTP\/1\.0/, /proxy_http_version 1\.1/],
    ['an idle timeout in between', PROMETHEUS, { idleMs: 10_000 }, /after 10 s without a request/, /pool-purge-delay/],
    ['the keep-alive of the agent', PROMETHEUS, { closedBy: 'keep_alive' }, /--web\.keep-alive/, /--web\.keep-alive/],
    ['too many connections', PROMETHEUS, { closedBy: 'agent' }, /too many/, /who opens the other connections/],
    ['Datadog', { ...PROMETHEUS, userAgent: 'Datadog Agent/7.50.0' }, {}, /each answer/, /persist_connections: true/],
    ['another client', { ...PROMETHEUS, userAgent: 'x/1' }, {}, /each answer/, /reuse its connection/],
    [
      'another client with an idle timeout',
      { ...PROMETHEUS, userAgent: 'x/1' },
      { idleMs: 9_000 },
      /9 s/,
      /idle_conn_/,
    ],
  ] as const)('says why and what to do: %s', (_what, scraper, ending, reason, remedy) => {
    const agent = new ScriptedAgent();
    agent.reconnects(scraper, 12, 15 * SECOND, ending);
    const report = agent.reportOf(scraper);
    expect(report.reason).toMatch(reason);
    expect(report.remedy[0]).toMatch(remedy);
    expect(report.remedy.at(-1)).toContain('--web.untracked');
  });

  it('is judged anew some scrapes after a change', () => {
    const agent = new ScriptedAgent();
    agent.reconnects(PROMETHEUS, 100);
    const connection = agent.keeps(PROMETHEUS, 4);
    expect(agent.reportOf(PROMETHEUS).whileFull).toBe('stops');
    const goOn = (times: number) => {
      for (let i = 0; i < times; i += 1) {
        agent.scrape(PROMETHEUS, connection, 'kept');
        agent.nowMs += 15 * SECOND;
      }
    };
    goOn(6);
    expect(agent.reportOf(PROMETHEUS).whileFull).toBe('stops');
    goOn(31);
    expect(agent.reportOf(PROMETHEUS).whileFull).toBe('goes_on');
  });

  it('stops when a pool in between closes its connection now and then, and is not known before that shows', () => {
    const agent = new ScriptedAgent();
    const said: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      agent.close(agent.keeps(PROMETHEUS, 5), { idleMs: 7 * SECOND });
      said.push(agent.reportOf(PROMETHEUS).whileFull);
    }
    expect(said.slice(0, 3)).toEqual(['unknown', 'unknown', 'goes_on']);
    expect(said.slice(6)).toEqual(Array(6).fill('stops'));
    expect(agent.reportOf(PROMETHEUS).reason).toContain('after 7 s without a request');
    expect(agent.reconnecting).toHaveLength(1);
  });
});

describe('the alarm on scrapers that reconnect', () => {
  it('names a scraper that came in ten minutes of the hour and reconnected', () => {
    const agent = new ScriptedAgent();
    agent.reconnects(TELEGRAF, 36);
    expect(agent.reconnecting).toEqual([]);
    agent.reconnects(TELEGRAF, 10);
    expect(agent.reconnecting).toEqual(['Telegraf/1.29.1 at 10.0.0.5 came over a new connection in 46 of 46 scrapes']);
  });

  it('is not about a person with curl, who may ask every second', () => {
    const agent = new ScriptedAgent();
    agent.reconnects(CURL, 3000, SECOND);
    expect(agent.reconnecting).toEqual([]);
    expect(agent.reportOf(CURL)).toMatchObject({ whileFull: 'stops', isTool: true });
  });

  it('is not about a Prometheus that was restarted or got a new configuration twice in an hour, at any interval', () => {
    for (const everyMs of [5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE]) {
      const agent = new ScriptedAgent();
      const scrapes = Math.ceil((20 * MINUTE) / everyMs);
      for (const restart of [0, 1, 2]) {
        const connection = agent.keeps(PROMETHEUS, scrapes, everyMs);
        expect([restart, agent.reconnecting]).toEqual([restart, []]);
        agent.close(connection);
      }
    }
  });

  it('is not about a fleet of replicas, nor about one that is restarted while the other goes on', () => {
    const agent = new ScriptedAgent();
    const kept = agent.connect();
    let other = agent.connect();
    for (let i = 0; i < 200; i += 1) {
      agent.scrape(PROMETHEUS, kept, i === 0 ? 'new' : 'kept');
      const isRestarted = i % 50 === 0;
      if (isRestarted && i > 0) {
        agent.close(other);
        other = agent.connect();
      }
      agent.scrape(PROMETHEUS, other, isRestarted ? 'new' : 'kept');
      agent.nowMs += 15 * SECOND;
      expect(agent.reconnecting).toEqual([]);
    }
  });

  it('ends when the scraper keeps its connection, though it had reconnected most of the hour', () => {
    const agent = new ScriptedAgent();
    agent.reconnects(PROMETHEUS, 200);
    expect(agent.reconnecting).toHaveLength(1);
    agent.keeps(PROMETHEUS, 41);
    expect(agent.reconnecting).toEqual([]);
  });
});

describe('the time nobody has scraped', () => {
  it('counts from the last scrape, where a scraper was there before', () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 60);
    expect(agent.unscrapedMs).toBe(15 * SECOND);
    agent.nowMs += 20 * MINUTE;
    expect(agent.unscrapedMs).toBe(20 * MINUTE + 15 * SECOND);
    agent.keeps({ ...PROMETHEUS, userAgent: 'Prometheus/3.5.3' }, 1, 0);
    expect(agent.unscrapedMs).toBe(0);
  });

  it('does not begin with a person, and does not end with one', () => {
    const agent = new ScriptedAgent();
    agent.reconnects(CURL, 100, MINUTE);
    expect(agent.unscrapedMs).toBe(0);
    agent.keeps(PROMETHEUS, 60);
    agent.nowMs += 9 * MINUTE;
    agent.reconnects(CURL, 1, MINUTE);
    expect(agent.unscrapedMs).toBe(10 * MINUTE + 15 * SECOND);
  });

  it('is remembered when the scraper itself is forgotten', () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 60);
    agent.nowMs += 2 * 60 * MINUTE;
    expect(agent.scrapers.reportsAt(agent.nowMs)).toEqual([]);
    expect(agent.unscrapedMs).toBe(120 * MINUTE + 15 * SECOND);
  });
});

describe('Scrapers', () => {
  it('keeps sixteen of 10,000 names, and the scraper among them', () => {
    const agent = new ScriptedAgent();
    const kept = agent.keeps(PROMETHEUS, 60);
    for (let i = 0; i < 10_000; i += 1) {
      agent.reconnects({ ...PROMETHEUS, userAgent: `made-up/${i}` }, 1, 10);
      if (i % 1500 === 0) agent.scrape(PROMETHEUS, kept, 'kept');
    }
    const reports = agent.scrapers.reportsAt(agent.nowMs);
    expect(reports).toHaveLength(16);
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({ scrapes: 67, kept: 66, whileFull: 'goes_on' });
    expect(
      reports.filter(({ userAgent }) => userAgent.startsWith('made-up')).map(({ userAgent }) => userAgent),
    ).toContain('made-up/9999');
  });

  it('counts the last hour, and no longer', () => {
    const agent = new ScriptedAgent();
    const connection = agent.keeps(PROMETHEUS, 60, MINUTE);
    agent.scrape(PROMETHEUS, connection, 'kept');
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({ scrapes: 60, kept: 60, new: 0 });
    agent.nowMs += 55 * MINUTE;
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({ scrapes: 5, kept: 5 });
    agent.nowMs += 5 * MINUTE;
    expect(agent.scrapers.reportsAt(agent.nowMs)).toEqual([]);
  });

  it('shows those first that would stop', () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 20);
    agent.reconnects(TELEGRAF, 5);
    expect(agent.scrapers.reportsAt(agent.nowMs).map(({ userAgent }) => userAgent)).toEqual([
      'Telegraf/1.29.1',
      'Prometheus/2.42.0',
    ]);
  });
});

describe('a scraper that does not come while the table is full', () => {
  /** The table is full from now on, for as long as nobody comes. */
  function nobodyComes(agent: ScriptedAgent, ms: number, isFull = true): void {
    for (const endMs = agent.nowMs + ms; agent.nowMs < endMs; agent.nowMs += SECOND) {
      agent.scrapers.observeTable(isFull, agent.nowMs);
    }
  }

  it('is not predicted to go on, although it kept its connection', () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 60);
    nobodyComes(agent, 25 * SECOND);
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({ whileFull: 'goes_on', isOverdue: false });
    nobodyComes(agent, 10 * SECOND);
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({
      whileFull: 'stops',
      isOverdue: true,
      reason: 'has not come for 50 s while the table is full, usually every 15 s',
      remedy: [expect.stringContaining('conntrack -D'), expect.any(String), expect.stringContaining('untracked')],
    });
    expect(agent.scrapers.inputsAt(agent.nowMs).overdue).toEqual([
      'Prometheus/2.42.0 at 10.0.0.2 has not come for 50 s while the table is full, usually every 15 s',
    ]);
  });

  it('is predicted to go on again once it comes over its connection', () => {
    const agent = new ScriptedAgent();
    const connection = agent.keeps(PROMETHEUS, 60);
    nobodyComes(agent, MINUTE);
    agent.scrape(PROMETHEUS, connection, 'kept');
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({ whileFull: 'goes_on', isOverdue: false });
    expect(agent.scrapers.inputsAt(agent.nowMs).overdue).toEqual([]);
  });

  it('is overdue when the table was flushed and full again within seconds', () => {
    const agent = new ScriptedAgent();
    const connection = agent.keeps(PROMETHEUS, 60);
    for (let i = 0; i < 4; i += 1) {
      agent.scrape(PROMETHEUS, connection, 'kept');
      nobodyComes(agent, 15 * SECOND);
    }
    nobodyComes(agent, 3 * SECOND, false);
    nobodyComes(agent, 40 * SECOND);
    expect(agent.reportOf(PROMETHEUS).isOverdue).toBe(true);
  });

  it('is judged anew when the table has headroom again', () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 60);
    nobodyComes(agent, MINUTE);
    nobodyComes(agent, 20 * SECOND, false);
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({ whileFull: 'goes_on', isOverdue: false });
  });

  it('is not overdue where it had stopped before, is a tool of a person, or uses the unix socket', () => {
    const agent = new ScriptedAgent();
    const socket = { ...PROMETHEUS, address: '', listener: 'unix:/run/agent.sock' };
    agent.keeps(PROMETHEUS, 60);
    agent.nowMs += 2 * MINUTE;
    agent.keeps({ ...PROMETHEUS, userAgent: 'curl/7.88.1' }, 10);
    for (let i = 0; i < 10; i += 1) {
      agent.scrape(socket, 1000, 'socket');
      agent.nowMs += SECOND;
    }
    nobodyComes(agent, 2 * MINUTE);
    expect(agent.scrapers.reportsAt(agent.nowMs).filter(({ isOverdue }) => isOverdue)).toEqual([]);
  });

  it('is not overdue where one of its name comes from another address: its pod has moved', () => {
    const agent = new ScriptedAgent();
    agent.keeps(PROMETHEUS, 60);
    nobodyComes(agent, 20 * SECOND);
    for (let i = 0; i < 8; i += 1) {
      agent.scrape({ ...PROMETHEUS, address: '10.0.0.77' }, 2000, 'kept');
      nobodyComes(agent, 15 * SECOND);
    }
    expect(agent.scrapers.inputsAt(agent.nowMs).overdue).toEqual([]);
  });

  it('is not overdue between the scrapes of a pair that shares the connection of a proxy', () => {
    const agent = new ScriptedAgent();
    for (let i = 0; i < 8; i += 1) {
      for (const pauseMs of [3 * SECOND, 117 * SECOND]) {
        agent.scrape(PROMETHEUS, 1, 'kept');
        agent.nowMs += pauseMs;
      }
    }
    agent.scrape(PROMETHEUS, 1, 'kept');
    nobodyComes(agent, 3 * SECOND);
    agent.scrape(PROMETHEUS, 1, 'kept');
    nobodyComes(agent, 116 * SECOND);
    expect(agent.reportOf(PROMETHEUS).isOverdue).toBe(false);
    nobodyComes(agent, 2 * MINUTE);
    expect(agent.reportOf(PROMETHEUS).isOverdue).toBe(true);
  });

  it('is named also where the port is said to be exempt, with that as the first suspicion', () => {
    const agent = new ScriptedAgent({ isUntracked: true });
    agent.keeps(PROMETHEUS, 60);
    nobodyComes(agent, MINUTE);
    expect(agent.reportOf(PROMETHEUS)).toMatchObject({
      isOverdue: true,
      remedy: [expect.any(String), expect.stringContaining('--web.untracked')],
    });
  });
});
