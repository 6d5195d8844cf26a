/** What is lost and why, how long the room lasts, and how evenly it is used. */
import type { Row } from './board.ts';
import { CRITICAL, FINE, WARNING } from './colours.ts';
import { countOf, OF_CLUSTER } from './expressions.ts';
import { asMark, DAY, FULL_NOW, inColour, NOT_FILLING, PACKETS_PER_SECOND, steps } from './fields.ts';
import { nodeLink } from './links.ts';
import { LOSSES, type Loss, lossOver, ODDITIES } from './losses.ts';
import { bars, timeseries } from './panels.ts';
import { mark, threshold } from './thresholds.ts';

const RANKED = 5;

const summed = (loss: Loss) => ({
  expr: `sum(${lossOver('rate', '$__rate_interval', loss, OF_CLUSTER)})`,
  legend: loss.cause,
});

const LOST = timeseries({
  title: 'What is lost, and why?',
  description:
    'Packets a second over all nodes. "no room": raise limits. "lost races": a DNS cache on each node. "chain too long": more buckets. The dashboard of a node says more.',
  unit: PACKETS_PER_SECOND,
  queries: LOSSES.map(summed),
}).fillOpacity(20);

const ODD = timeseries({
  title: 'What else is counted?',
  description:
    'Packets that fit no flow, and ports that NAT found taken, a second over all nodes. Some are always there; a jump on all nodes is a change in routing or traffic.',
  unit: PACKETS_PER_SECOND,
  queries: ODDITIES.map(summed),
});

/** Ranks series that are recorded by node. */
const top = (expr: string) => `sort_desc(topk(${RANKED}, ${expr} > 0))`;

const REFUSING = bars({
  title: 'Who refuses connections?',
  description:
    'Packets refused for want of room in three minutes. Every node here has users who notice: make room on the first.',
  unit: 'short',
  queries: [{ expr: top(`node:conntrack_table_full_drops:increase3m{${OF_CLUSTER}}`), legend: '{{node}}' }],
})
  .decimals(0)
  .thresholds(steps(CRITICAL))
  .dataLinks([{ build: () => nodeLink('series') as never }]);

const RACING = bars({
  title: 'Who loses races?',
  description:
    'Packets a second lost in insertion races, mostly DNS. If it is every node, it is the client library or a missing DNS cache.',
  unit: PACKETS_PER_SECOND,
  queries: [{ expr: top(`node:conntrack_races_lost:rate10m{${OF_CLUSTER}}`), legend: '{{node}}' }],
})
  .decimals(2)
  .thresholds(steps(FINE, [threshold('insert_failures_per_second'), WARNING]))
  .dataLinks([{ build: () => nodeLink('series') as never }]);

const NEXT = bars({
  title: 'Which tables are full next?',
  description:
    'Time until full at the growth of the last minute, the next first. Those under 15 minutes are for now, the rest for today.',
  unit: 's',
  queries: [
    { expr: `sort(bottomk(${RANKED}, node:conntrack_time_to_full:min{${OF_CLUSTER}} < ${DAY}))`, legend: '{{node}}' },
  ],
})
  .max(4 * threshold('time_to_act_seconds'))
  .mappings([FULL_NOW, NOT_FILLING])
  .noValue('none within a day, or no data')
  .thresholds(steps(CRITICAL, [1, WARNING], [threshold('time_to_act_seconds'), FINE]))
  .dataLinks([{ build: () => nodeLink('series') as never }]);

const ttf = `node:conntrack_time_to_full:min{${OF_CLUSTER}}`;

const FORECAST = timeseries({
  title: 'How many tables will be full, and when?',
  description: 'Nodes by forecast. A bar that stays is a leak; one that comes and goes with the hour is the load.',
  unit: 'short',
  queries: [
    { expr: countOf(`${ttf} <= scalar(${mark('time_to_act_seconds')})`, ttf), legend: 'within 15 min' },
    { expr: countOf(`${ttf} <= 3600`, ttf), legend: 'within an hour' },
    { expr: countOf(`${ttf} <= 21600`, ttf), legend: 'within 6 hours' },
  ],
})
  .decimals(0)
  .overrideByName('within 15 min', inColour(CRITICAL))
  .overrideByName('within an hour', inColour(WARNING))
  .overrideByName('within 6 hours', inColour(FINE));

const CLUSTER_USAGE = timeseries({
  title: 'How full are all tables together?',
  description:
    'Entries of a cluster as a share of all its limits. Above the mark moving load does not help any more: raise limits or add nodes.',
  unit: 'percentunit',
  queries: [
    { expr: `cluster:conntrack_usage:ratio{${OF_CLUSTER}}`, legend: 'cluster {{cluster}}' },
    { expr: mark('cluster_usage'), legend: 'mark' },
  ],
}).overrideByName('mark', asMark());

const HEADROOM = timeseries({
  title: 'Room left in all tables',
  description:
    'Entries that still fit, at the worst moment of each minute. It shrinks by a limit for each node that goes away.',
  unit: 'short',
  queries: [{ expr: `cluster:conntrack_headroom:entries{${OF_CLUSTER}}`, legend: 'cluster {{cluster}}' }],
});

const IMBALANCE = timeseries({
  title: 'Does one node carry too much?',
  description:
    'Usage of the hottest node, in times of the mean of the others. Above the mark look for an address that only one node announces, or a client with one connection to all.',
  unit: 'short',
  queries: [
    { expr: `cluster:conntrack_imbalance:ratio{${OF_CLUSTER}}`, legend: 'cluster {{cluster}}' },
    { expr: mark('imbalance_times'), legend: 'mark' },
  ],
}).overrideByName('mark', asMark());

export const ROWS: readonly Row[] = [
  {
    height: 8,
    panels: [
      [8, LOST],
      [6, ODD],
      [5, REFUSING],
      [5, RACING],
    ],
  },
  {
    height: 8,
    panels: [
      [12, FORECAST],
      [12, NEXT],
    ],
  },
  {
    height: 7,
    panels: [
      [8, CLUSTER_USAGE],
      [8, HEADROOM],
      [8, IMBALANCE],
    ],
  },
];
