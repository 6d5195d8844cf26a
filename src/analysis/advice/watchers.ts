import { type AlertmanagerReport, isStopping, type ScraperReport } from '../../model/scrapers.ts';
import { count, roughly, span } from '../../model/text/numbers.ts';
import { type Advice, NOTHING_TO_DO, type Snapshot } from './snapshot.ts';

/** Whether those who watch the node go on while its table is full. */
export function adviceOnWatchers({ watchers }: Snapshot): Advice[] {
  if (watchers === undefined) return [];
  const { scrapers, alertmanagers } = watchers;
  const automatic = scrapers.filter(({ isTool }) => !isTool);
  return [
    ...(automatic.length === 0 ? [notScraped()] : automatic.map(onScraper)),
    ...alertmanagers.map(onAlertmanager),
  ];
}

function notScraped(): Advice {
  return {
    id: 'not-scraped',
    alarms: ['no_scraper'],
    severity: 'ok',
    title: 'Nobody has scraped the agent within the last hour',
    seen: [],
    ...NOTHING_TO_DO,
  };
}

function onScraper(scraper: ScraperReport): Advice {
  const { whileFull, reason, remedy, scrapes, intervalSeconds } = scraper;
  const name = scraper.userAgent === '' ? 'A scraper' : scraper.userAgent;
  const who = scraper.address === '' ? `${name} on ${scraper.listener}` : `${name} at ${scraper.address}`;
  const every = intervalSeconds === undefined ? '' : `, every ${roughly(intervalSeconds)}`;
  if (!isStopping(whileFull)) {
    const title = `${who} ${whileFull === 'goes_on' ? 'goes on' : 'may stop'} while the table is full`;
    const seen = [`${count(scrapes)} ${scrapes === 1 ? 'scrape' : 'scrapes'} within the last hour${every}`];
    return {
      id: `scraper-${whileFull.replace('_', '-')}`,
      severity: 'ok',
      title,
      seen,
      ...NOTHING_TO_DO,
    };
  }
  if (scraper.isOverdue) {
    const title = `${who} has stopped: the table is full`;
    const seen = [
      `last scrape ${span(scraper.lastAgoSeconds)} ago${every === '' ? '' : `; usually one${every.slice(1)}`}`,
    ];
    const meaning = 'It has lost its connection, or the entry of it, and a full table lets no new one in';
    return {
      id: 'scraper-overdue',
      alarms: ['scraper_reconnects'],
      severity: 'warning',
      title,
      seen,
      meaning,
      remedy,
      sysctls: [],
    };
  }
  return {
    id: 'scraper-stops',
    alarms: ['scraper_reconnects'],
    severity: 'warning',
    title: `${who} ${whileFull === 'stops' ? 'stops' : 'stops in part'} while the table is full`,
    seen: [`${count(scraper.new)} of ${count(scrapes)} scrapes of the last hour came over a new connection${every}`],
    meaning: `It ${reason}, and a full table lets no new connection in`,
    remedy,
    sysctls: [],
  };
}

function onAlertmanager(report: AlertmanagerReport): Advice {
  const { url, isConnected, ageSeconds = 0, address, problem, failingSeconds, lastPost } = report;
  const where = address === undefined ? '' : ` to ${address}`;
  const taken = lastPost?.isDelivered ? `, last post delivered ${span(lastPost.agoSeconds)} ago` : '';
  const seen = [isConnected ? `connected${where} for ${span(ageSeconds)}${taken}` : 'not connected'];
  if (failingSeconds !== undefined) return onFailing(report, seen);
  if (isConnected && problem === undefined) {
    const title = `Alerts go out to ${url} while the table is full`;
    return { id: 'alertmanager-connected', severity: 'ok', title, seen, ...NOTHING_TO_DO };
  }
  return {
    id: 'alertmanager-not-connected',
    severity: 'warning',
    title: `Alerts may not go out to ${url} while the table is full`,
    seen: problem === undefined ? seen : [...seen, problem.message],
    meaning: 'A full table lets no new connection out',
    remedy: [problem?.remedy ?? 'The log of the agent says why it cannot connect'],
    sysctls: [],
  };
}

function onFailing({ url, failingSeconds = 0, problem }: AlertmanagerReport, seen: readonly string[]): Advice {
  return {
    id: 'alertmanager-not-delivered',
    alarms: ['direct_alerts_failing'],
    severity: 'warning',
    title: `Alerts are not delivered to ${url}`,
    seen: [...(problem === undefined ? [] : [problem.message]), `not delivered for ${span(failingSeconds)}`, ...seen],
    meaning: 'Nobody is notified of a direct alert',
    remedy: problem === undefined ? [] : [problem.remedy],
    sysctls: [],
  };
}
