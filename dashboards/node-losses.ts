/** What the node loses, and why. */
import type { Row } from './board.ts';
import { OF_NODE } from './expressions.ts';
import { cell, PACKETS_PER_SECOND } from './fields.ts';
import { ALL_LOSSES, LOST, type Loss, lossBy } from './losses.ts';
import { table, timeseries } from './panels.ts';

const perSecond = (loss: Loss) => `sum(${lossBy('rate', '$__rate_interval', loss, OF_NODE)})`;

const OVER_TIME = timeseries({
  title: 'What is lost, and when?',
  description: 'Packets a second by cause; the table beside it says what each means. "Table full" is an outage.',
  unit: PACKETS_PER_SECOND,
  queries: LOST.map((loss) => ({ expr: perSecond(loss), legend: loss.label })),
}).fillOpacity(20);

/** One expression, so that the table has a row for each cause; label_replace() carries the sentence. */
const told = ALL_LOSSES.map((loss) => {
  const lost = `sum(${lossBy('increase', '$__range', loss, OF_NODE)})`;
  return `label_replace(label_replace(${lost}, "cause", "${loss.label}", "", ""), "meaning", "${loss.meaning}", "", "")`;
}).join(' or ');

const MEANING = 'What it means, and what to do';

const CAUSES = table({
  title: 'What was lost in this time range?',
  description:
    'Each cause has another remedy. A cause that is not listed is not told by this kernel, or not readable for the agent.',
  queries: [{ expr: told, legend: 'Packets' }],
  labels: { cause: 'Cause', meaning: MEANING },
  order: ['Cause', 'Packets', MEANING],
})
  .overrideByName('Cause', [{ id: 'custom.width', value: 120 }])
  .overrideByName(MEANING, cell('wrapped'))
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
