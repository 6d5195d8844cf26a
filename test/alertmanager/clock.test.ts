import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { DeliveryLog } from '../../src/alertmanager/delivery.ts';
import { needs } from '../needs.ts';
import { collectedLog } from '../web/collected-log.ts';
import { AlertmanagerProcess } from './alertmanager-process.ts';
import { FAST, PATIENT, startNotifier } from './notifications.ts';
import { type Behaviour, type PostedAlert, Receiver } from './receiver.ts';
import { startWebhook } from './webhook.ts';

const MINUTE_MS = 60_000;
const LIFE_MS = 4000;
const TIMINGS = { ...FAST, lifeMs: LIFE_MS };
/** Half of what `Date` leaves open, and the time a post takes. */
const INEXACT_MS = 1500;

const CLOCKS = [
  ['10 minutes behind', -10 * MINUTE_MS],
  ['an hour ahead', 60 * MINUTE_MS],
] as const;

const clockThatIsOff = (ms: number) => () => Date.now() + ms;
/** How far the times of an alert are from now. */
const startsIn = ({ startsAt }: PostedAlert) => Date.parse(startsAt) - Date.now();
const endsIn = ({ endsAt }: PostedAlert) => Date.parse(endsAt) - Date.now();

describe.each(CLOCKS)('with a real Alertmanager, the alert of a node whose clock is %s', (_how, offMs) => {
  it.for([
    ['over the connection that is open', true],
    ['over one of its own', false],
  ] as const)(
    'is active while it fires and ends within its life when the agent is gone: %s',
    async ([_which, keepAlive], context) => {
      needs(context, 'prometheus-alertmanager', 'setpriv');
      const webhook = await startWebhook();
      const alertmanager = await AlertmanagerProcess.start({ webhook: webhook.url });
      const wallClock = clockThatIsOff(offMs);
      const { notifier, raise, greetings } = startNotifier([alertmanager.url], {
        keepAlive,
        wallClock,
        timings: TIMINGS,
      });
      if (keepAlive) await expect.poll(() => greetings, PATIENT).toHaveLength(1);
      const endMs = Date.now() + 1.5 * LIFE_MS;
      raise('table_full');
      await expect.poll(() => alertmanager.alerts(), PATIENT).toHaveLength(1);
      while (Date.now() < endMs) {
        raise('table_full');
        await sleep(100);
        const [alert] = await alertmanager.alerts();
        expect(alert).toMatchObject({ status: { state: 'active' } });
        expect(Math.abs(startsIn(alert!) + 1000)).toBeLessThan(1.5 * LIFE_MS + INEXACT_MS);
      }
      await notifier.stop();
      const [left] = await alertmanager.alerts();
      expect(endsIn(left!)).toBeLessThan(LIFE_MS + INEXACT_MS);
      await expect.poll(() => alertmanager.alerts(), PATIENT).toHaveLength(0);
      await expect.poll(() => webhook.notifications, PATIENT).toHaveLength(2);
      expect(webhook.notifications.map(({ status }) => status)).toEqual(['firing', 'resolved']);
    },
  );
});

describe('with a real Alertmanager, the alert of a node whose clock', () => {
  it.for([...CLOCKS, ['half a second ahead', 500], ['a second behind', -1000]] as const)(
    'is %s is resolved when it clears',
    async ([_how, offMs], context) => {
      needs(context, 'prometheus-alertmanager', 'setpriv');
      const alertmanager = await AlertmanagerProcess.start();
      const { raise, greetings } = startNotifier([alertmanager.url], { wallClock: clockThatIsOff(offMs) });
      await expect.poll(() => greetings, PATIENT).toHaveLength(1);
      raise('table_full');
      await expect.poll(() => alertmanager.alerts(), PATIENT).toHaveLength(1);
      raise();
      await expect.poll(() => alertmanager.alerts(), PATIENT).toHaveLength(0);
    },
  );
});

describe.each(CLOCKS)('a node whose clock is %s', (how, offMs) => {
  it('has no alert with wrong times left where it could know the time', async () => {
    const receiver = await Receiver.start();
    const { raise } = startNotifier([receiver.url], { wallClock: clockThatIsOff(offMs) });
    await expect.poll(() => receiver.heartbeats, PATIENT).toBeGreaterThanOrEqual(2);
    raise('table_full');
    const { alerts } = await vi.waitUntil(() => receiver.posts[0], PATIENT);
    expect(Math.abs(endsIn(alerts[0]!) - FAST.lifeMs)).toBeLessThan(INEXACT_MS);
    expect(Math.abs(startsIn(alerts[0]!) + 1000)).toBeLessThan(INEXACT_MS);
  });

  it('posts its first alert anew, once, when the answer to that is the first of all', async () => {
    const receiver = await Receiver.start();
    const wallClock = clockThatIsOff(offMs);
    const { raise } = startNotifier([receiver.url], {
      wallClock,
      keepAlive: false,
      timings: { ...FAST, resendMs: 600_000 },
    });
    raise('table_full');
    await expect.poll(() => receiver.posts, PATIENT).toHaveLength(2);
    const ends = receiver.posts.map(({ alerts }) => endsIn(alerts[0]!) - FAST.lifeMs);
    expect(Math.abs(ends[0]! - offMs)).toBeLessThan(INEXACT_MS);
    expect(Math.abs(ends[1]!)).toBeLessThan(INEXACT_MS);
    await sleep(300);
    expect(receiver.posts).toHaveLength(2);
  });

  it('says so once, with what to do', async () => {
    const receiver = await Receiver.start();
    const { lines } = startNotifier([receiver.url], { wallClock: clockThatIsOff(offMs) });
    await expect.poll(() => receiver.heartbeats, PATIENT).toBeGreaterThanOrEqual(5);
    expect(lines).toMatchObject([
      { level: 'warn', fields: { remedy: expect.stringContaining('NTP'), offsetSeconds: expect.any(Number) } },
    ]);
    const { message } = lines[0]!;
    expect(message).toMatch(offMs < 0 ? /is \d+ s behind that/ : /is \d+ s ahead of that/);
    expect(Math.abs(Number(/\d+/.exec(message)) * 1000 - Math.abs(offMs))).toBeLessThan(INEXACT_MS);
    expect(how).toBeTruthy();
  });

  it('takes its own time where no answer has a date, or one that is no time, an old one, or that of a proxy', async () => {
    const behaviours: Behaviour[] = [
      (response) => {
        response.sendDate = false;
        response.end();
      },
      (response) => void response.setHeader('date', 'today').end(),
      (response) => void response.setHeader('age', '7200').end(),
      (response) => void response.writeHead(503).end(),
    ];
    for (const behaviour of behaviours) {
      const receiver = await Receiver.start({ behaviour });
      const { notifier, raise } = startNotifier([receiver.url], { wallClock: clockThatIsOff(offMs) });
      await expect.poll(() => receiver.heartbeats, PATIENT).toBeGreaterThanOrEqual(1);
      raise('table_full');
      const { alerts } = await vi.waitUntil(() => receiver.posts[0], PATIENT);
      expect(Math.abs(endsIn(alerts[0]!) - FAST.lifeMs - offMs)).toBeLessThan(INEXACT_MS);
      await notifier.stop();
    }
  });
});

describe('DeliveryLog', () => {
  it('tells once that the clock is off, however often it is seen to be, and once that it was right for two minutes', () => {
    const { log, lines } = collectedLog();
    const deliveryLog = new DeliveryLog('http://alertmanager.example', log);
    const seen = [0, 29, 31, 600, 2, 31, 2, 2, -31, 2, 2].map((seconds) => seconds * 1000);
    for (const [minute, offsetMs] of seen.entries()) deliveryLog.clockOffset(offsetMs, minute * MINUTE_MS);
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'The clock of this node is 31 s behind that of Alertmanager'],
      ['info', 'The clocks of this node and of Alertmanager agree again'],
      ['warn', 'The clock of this node is 31 s ahead of that of Alertmanager'],
      ['info', 'The clocks of this node and of Alertmanager agree again'],
    ]);
  });
});
