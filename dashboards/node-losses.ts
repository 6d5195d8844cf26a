/** What the node loses, and why. */
import type { Row } from './board.ts';
import { OF_AGENT } from './expressions.ts';
import { PACKETS_PER_SECOND } from './fields.ts';
import { LOSSES, type Loss, lossOver, ODDITIES } from './losses.ts';
import { table, timeseries } from './panels.ts';

const perSecond = (loss: Loss) => `sum(${lossOver('rate', '$__rate_interval', loss, OF_AGENT)})`;

const OVER_TIME = timeseries({
  title: 'What is lost, and when?',
  description: 'Packets a second by cause; the table beside it says what each means. An outage is "no room".',
  unit: PACKETS_PER_SECOND,
  queries: LOSSES.map((loss) => ({ expr: perSecond(loss), legend: loss.cause })),
}).fillOpacity(20);

/** One expression, so that the table has a row for each cause; label_replace() carries the sentence. */
const told = [...LOSSES, ...ODDITIES]
  .map((loss) => {
    const lost = `sum(${lossOver('increase', '$__range', loss, OF_AGENT)})`;
    return `label_replace(label_replace(${lost}, "cause", "${loss.cause}", "", ""), "meaning", "${loss.meaning}", "", "")`;
  })
  .join(' or ');

const CAUSES = table({
  title: 'What was lost in this time range?',
  description:
    'Each cause has another remedy. A cause that is not listed is not told by this kernel, or not readable for the agent.',
  queries: [{ expr: told, legend: 'Packets' }],
  labels: { cause: 'Cause', meaning: 'What it means, and what to do' },
  order: ['Cause', 'Packets', 'What it means, and what to do'],
})
  .overrideByName('Cause', [{ id: 'custom.width', value: 120 }])
  .overrideByName('Packets', [
    { id: 'custom.width', value: 90 },
    { id: 'unit', value: 'short' },
    { id: 'decimals', value: 0 },
  ]);

export const ROWS: readonly Row[] = [
  {
    height: 8,
    panels: [
      [15, CAUSES],
      [9, OVER_TIME],
    ],
  },
];
