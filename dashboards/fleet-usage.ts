/** Heat of all nodes over time, without a line for each. */
import { CRITICAL, FINE, SCALE, SERIES } from './colours.ts';
import { countOf, OF_FLEET } from './expressions.ts';
import { asThreshold, inColour } from './fields.ts';
import { stacked, timeseries } from './panels.ts';
import { usagePeak } from './table-series.ts';
import { threshold, thresholdLine } from './thresholds.ts';

const PEAK = usagePeak(OF_FLEET);

export const ALL_NODES = timeseries({
  title: 'How full are the tables?',
  description:
    'Peaks of each minute over all nodes. When the hottest parts from the rest, it is one node; when all lines rise, it is the load.',
  unit: 'percentunit',
  queries: [
    { expr: `max(${PEAK})`, legend: 'hottest' },
    { expr: `quantile(0.99, ${PEAK})`, legend: 'hottest 1 %' },
    { expr: `quantile(0.9, ${PEAK})`, legend: 'hottest 10 %' },
    { expr: `quantile(0.5, ${PEAK})`, legend: 'median' },
    { expr: thresholdLine('highUsage', OF_FLEET), legend: 'threshold: high' },
    { expr: thresholdLine('nearlyFullUsage', OF_FLEET), legend: 'threshold: nearly full' },
  ],
})
  .fillOpacity(0)
  .overrideByName('hottest', inColour(CRITICAL))
  .overrideByName('hottest 1 %', inColour(SERIES[1]))
  .overrideByName('hottest 10 %', inColour(SERIES[4]))
  .overrideByName('median', inColour(FINE))
  .overrideByName('threshold: high', asThreshold())
  .overrideByName('threshold: nearly full', asThreshold());

const BANDS = [0, 0.5, 0.75, threshold('highUsage'), threshold('nearlyFullUsage')] as const;

/** Nodes of one band of usage; a band that is empty is 0 as long as there are nodes. */
function band(from: number, to: number | undefined): string {
  const upper = to === undefined ? '' : ` < ${to}`;
  return countOf(`(${PEAK}) >= ${from}${upper}`, PEAK);
}

const percent = (share: number) => `${Math.round(share * 100)}`;

export const BANDED = timeseries({
  title: 'How many nodes are how full?',
  description:
    'All nodes, by the peak of each minute. A rising share of the upper bands is the whole fleet filling, not one node.',
  unit: 'short',
  queries: BANDS.map((from, i) => {
    const to = BANDS[i + 1];
    return {
      expr: band(from, to),
      legend: to === undefined ? `${percent(from)} % and more` : `${percent(from)} to ${percent(to)} %`,
    };
  }),
})
  .decimals(0)
  .lineWidth(0)
  .fillOpacity(85)
  .stacking(stacked());
BANDS.forEach((from, i) => {
  const to = BANDS[i + 1];
  const name = to === undefined ? `${percent(from)} % and more` : `${percent(from)} to ${percent(to)} %`;
  BANDED.overrideByName(name, inColour(SCALE[i]!));
});
