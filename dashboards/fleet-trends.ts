/** What is lost and why, and when tables will be full. */
import type { Row } from './board.ts';
import { CRITICAL, FINE, WARNING } from './colours.ts';
import { countOf, OF_FLEET } from './expressions.ts';
import { DAY, FULL_NOW, inColour, NOT_FILLING, PACKETS_PER_SECOND, steps } from './fields.ts';
import { nodeLink } from './links.ts';
import { ALSO_COUNTED, LOST, type Loss, lossBy } from './losses.ts';
import { bars, timeseries } from './panels.ts';
import { insertFailures, tableFullDrops, timeToFull } from './table-series.ts';
import { threshold } from './thresholds.ts';

const RANKED = 5;

const summed = (loss: Loss) => ({
  expr: `sum(${lossBy('rate', '$__rate_interval', loss, OF_FLEET)})`,
  legend: loss.label,
});

const LOSSES = timeseries({
  title: 'What is lost, and why?',
  description:
    'Packets a second over all nodes. Table full, evicted: raise limits. Insert failures: check DNS. NAT out of ports: more addresses. NAT without ports: tunnels in UDP. Chain too long: more buckets. The dashboard of a node says more.',
  unit: PACKETS_PER_SECOND,
  queries: LOST.map(summed),
}).fillOpacity(20);

const OTHERS = timeseries({
  title: 'What else is counted?',
  description:
    'Packets that fit no flow, and ports that NAT found taken, a second over all nodes. Some are always there; a jump on all nodes is a change in routing or traffic.',
  unit: PACKETS_PER_SECOND,
  queries: ALSO_COUNTED.map(summed),
});

const top = (series: (selector: string) => string) => `sort_desc(topk(${RANKED}, (${series(OF_FLEET)}) > 0))`;

const DROPPING = bars({
  title: 'Where are connections dropped?',
  description:
    'Packets dropped because the table was full, in ten minutes. Every node here has users who notice: make headroom on the first.',
  unit: 'short',
  queries: [{ expr: top(tableFullDrops), legend: '{{node}}' }],
})
  .decimals(0)
  .thresholds(steps(CRITICAL))
  .dataLinks([{ build: () => nodeLink('series') as never }]);

const FAILING = bars({
  title: 'Where do insertions fail?',
  description:
    'Packets a second lost because two of one new flow raced. The usual case to check is DNS; if it is every node, the client library or a missing DNS cache.',
  unit: PACKETS_PER_SECOND,
  queries: [{ expr: top(insertFailures), legend: '{{node}}' }],
})
  .decimals(2)
  .thresholds(steps(FINE, [threshold('insertFailuresPerSecond'), WARNING]))
  .dataLinks([{ build: () => nodeLink('series') as never }]);

const TIME_TO_FULL = timeToFull(OF_FLEET);
const SOON = threshold('timeToActMs');

const NEXT = bars({
  title: 'Which tables are full next?',
  description:
    'Time until full at the present growth, the next first. Those under 15 minutes are for now, the rest for today.',
  unit: 's',
  queries: [{ expr: `sort(bottomk(${RANKED}, ${TIME_TO_FULL} < ${DAY}))`, legend: '{{node}}' }],
})
  .max(4 * SOON)
  .mappings([FULL_NOW, NOT_FILLING])
  .noValue('none within a day, or no data')
  .thresholds(steps(CRITICAL, [1, WARNING], [SOON, FINE]))
  .dataLinks([{ build: () => nodeLink('series') as never }]);

const within = (seconds: number) => countOf(`${TIME_TO_FULL} <= ${seconds}`, TIME_TO_FULL);

const FORECAST = timeseries({
  title: 'How many tables will be full, and when?',
  description: 'Nodes by forecast. A bar that stays is a leak; one that comes and goes with the hour is the load.',
  unit: 'short',
  queries: [
    { expr: within(SOON), legend: 'within 15 min' },
    { expr: within(3600), legend: 'within an hour' },
    { expr: within(21_600), legend: 'within 6 hours' },
  ],
})
  .decimals(0)
  .overrideByName('within 15 min', inColour(CRITICAL))
  .overrideByName('within an hour', inColour(WARNING))
  .overrideByName('within 6 hours', inColour(FINE));

export const ROWS: readonly Row[] = [
  {
    height: 8,
    panels: [
      [8, LOSSES],
      [6, OTHERS],
      [5, DROPPING],
      [5, FAILING],
    ],
  },
  {
    height: 8,
    panels: [
      [12, FORECAST],
      [12, NEXT],
    ],
  },
];
