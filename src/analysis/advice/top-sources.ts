import { serviceText } from '../../model/address.ts';
import { percent } from '../../model/numbers.ts';
import type { Share } from '../../model/share.ts';
import type { Advice } from './advice.ts';
import type { Snapshot } from './snapshot.ts';

const LISTED = 3;
/** Sources with a smaller share are not named. */
const WORTH_NAMING = 0.05;

/** The clients and services with the most flows, where there is a flow sample. */
export function adviceOnTopSources({ flowSample }: Snapshot): Advice[] {
  if (flowSample === undefined || flowSample.read === 0) return [];
  const { sources, destinations } = flowSample;
  const clients = named(sources.top, ({ address }) => address);
  const services = named(destinations.top, serviceText);
  const seen = [
    clients === '' ? 'no client that stands out' : `clients ${clients}`,
    services === '' ? 'no service that stands out' : `services ${services}`,
    'more by conntrack-agent flows',
  ];
  return [
    { id: 'top-holders', severity: 'ok', title: 'Who holds the entries', seen, meaning: '', remedy: [], sysctls: [] },
  ];
}

function named<Row extends Share>(rows: readonly Row[], nameOf: (row: Row) => string): string {
  const worth = rows.slice(0, LISTED).filter(({ share }) => share >= WORTH_NAMING);
  return worth.map((row) => `${nameOf(row)} (${percent(row.share)})`).join(', ');
}
