import type { AlertmanagerReport, ScraperReport, WhileFull } from '../../model/scrapers.ts';
import type { StatusJson } from '../../model/status-json.ts';
import { count, percent, roughly, span } from '../../model/text/numbers.ts';
import { ago, dataTable, type Freshness, section, UNKNOWN } from './section.ts';
import { type Content, type Tag, tag } from './tag.ts';

const TEXTS: Readonly<Record<WhileFull, string>> = {
  goes_on: 'goes on',
  partly_stops: 'stops in part',
  stops: 'stops',
  unknown: 'not known yet',
};

/** Who scrapes and who is alerted, and whether that goes on while the table is full. Undefined where neither is known. */
export function watchersSection({ scrapers, alertmanagers }: StatusJson, { ageSeconds }: Freshness): Tag | undefined {
  if (scrapers === undefined && alertmanagers === undefined) return undefined;
  const notScraped = tag('p', { class: 'empty' }, 'Nobody has scraped this agent within the last hour');
  const list = scrapers === undefined ? undefined : scrapers.length === 0 ? notScraped : scraperTable(scrapers);
  const alerted = alertmanagers && tag('ul', { class: 'sources' }, ...alertmanagers.map(alertmanagerItem));
  return section('watchers', 'Who watches', `scrapes of the last hour, ${ago(ageSeconds)}`, list, alerted);
}

const HEAD = ['Scraper', 'While the table is full', 'scrapes', 'reconnected', 'every', 'slowest'] as const;

function scraperTable(scrapers: readonly ScraperReport[]): Tag {
  return dataTable(HEAD, scrapers.map(scraperRow), 2);
}

function scraperRow(scraper: ScraperReport): Tag {
  const { scrapes, kept, whileFull, intervalSeconds, slowestSeconds, isTool } = scraper;
  const isMended = isTool || scraper.reason === undefined;
  const numbers = [
    count(scrapes),
    scrapes === 0 || kept + scraper.new === 0 ? UNKNOWN : percent(scraper.new / scrapes),
    intervalSeconds === undefined ? UNKNOWN : roughly(intervalSeconds),
    `${(slowestSeconds * 1000).toFixed(0)} ms`,
  ];
  const state = [
    tag('span', { class: 'shape', 'aria-hidden': 'true' }),
    tag('b', {}, TEXTS[whileFull]),
    ...(isMended ? [isTool ? ' (a tool of a person)' : ''] : reasonOf(scraper)),
  ];
  return tag(
    'tr',
    { class: isTool ? 'tool' : whileFull },
    tag('th', { scope: 'row', class: 'address' }, ...nameOf(scraper)),
    tag('td', { class: 'state' }, ...state),
    ...numbers.map((number) => tag('td', { class: 'number' }, number)),
  );
}

function nameOf({ address, userAgent, listener }: ScraperReport): Content[] {
  const where = address === '' ? listener : `${address} to ${listener}`;
  return [tag('b', {}, userAgent === '' ? 'no name' : userAgent), tag('span', { class: 'unit' }, ` ${where}`)];
}

function reasonOf({ reason, remedy }: ScraperReport): Content[] {
  return [`: it ${reason}`, tag('span', { class: 'remedy' }, `${remedy.join('. Or: ')}.`)];
}

function alertmanagerItem(report: AlertmanagerReport): Tag {
  const { url, isConnected, problem } = report;
  const state = problem !== undefined ? 'broken' : isConnected ? 'up' : 'absent';
  const shape = tag('span', { class: 'shape', 'aria-hidden': 'true' });
  return tag('li', { class: state }, shape, tag('b', {}, `Alertmanager ${url}`), ` ${alertmanagerText(report)}`);
}

function alertmanagerText(report: AlertmanagerReport): string {
  const { isConnected, ageSeconds, address, problem, failingSeconds, lastPost } = report;
  if (failingSeconds !== undefined) {
    return `alerts are not delivered, for ${span(failingSeconds)}: ${problem?.message}. ${problem?.remedy}`;
  }
  const taken = lastPost?.isDelivered ? `, last post delivered ${span(lastPost.agoSeconds)} ago` : '';
  const connection = isConnected
    ? `connected${address === undefined ? '' : ` to ${address}`} for ${span(ageSeconds ?? 0)}${taken}`
    : 'not connected: an alert needs a new connection, which a full table does not let out';
  return problem === undefined ? connection : `${connection}. ${problem.message}. ${problem.remedy}`;
}
