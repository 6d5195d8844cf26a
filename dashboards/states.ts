/** What is wrong with a node, in the words of the alerts and in their order: the worst that fires is the node's state. */
import { CRITICAL, QUIET, WARNING } from './colours.ts';
import { OF_CLUSTER } from './expressions.ts';
import { between } from './fields.ts';

export type State = { readonly alert: string; readonly says: string; readonly colour: string };

/** From bad to worse. */
export const STATES: readonly State[] = [
  { alert: 'ConntrackLimitLowered', says: 'limit lowered', colour: WARNING },
  { alert: 'ConntrackInvalidPackets', says: 'invalid packets', colour: WARNING },
  { alert: 'ConntrackChainsTooLong', says: 'hash too small', colour: WARNING },
  { alert: 'ConntrackInsertFailures', says: 'loses races', colour: WARNING },
  { alert: 'ConntrackAgentBlind', says: 'agent is blind', colour: WARNING },
  { alert: 'ConntrackAgentDown', says: 'not watched', colour: WARNING },
  { alert: 'ConntrackTableHigh', says: 'often high', colour: WARNING },
  { alert: 'ConntrackTableFillingUp', says: 'filling up', colour: WARNING },
  { alert: 'ConntrackTableNearlyFull', says: 'nearly full', colour: CRITICAL },
  { alert: 'ConntrackTableFull', says: 'FULL, losing', colour: CRITICAL },
];

const firing = (alert: string, selector: string) =>
  `ALERTS{alertname="${alert}", alertstate="firing", node!="", ${selector}}`;

/** Place of a node's worst alert in STATES, counted from 1; nodes without one are absent. */
export function worstAlert(selector: string): string {
  const ranks = STATES.map(({ alert }, i) => `${firing(alert, selector)} * ${i + 1}`);
  return `max by (cluster, node) (${ranks.join(' or ')})`;
}

/** That place, and behind the point how full the table was at its worst: sorts nodes by trouble, then by usage. */
export function trouble(selector: string): string {
  const usage = `clamp_max(node:conntrack_usage_peak:ratio{${selector}}, 0.99)`;
  const worst = worstAlert(selector);
  return `(${usage} + on (cluster, node) ${worst}) or ${usage} or ${worst}`;
}

export function countFiring(alerts: readonly string[]): string {
  const which = `alertname=~"${alerts.join('|')}", alertstate="firing", node!="", ${OF_CLUSTER}`;
  return `count by (cluster, node) (ALERTS{${which}})`;
}

/** Words and colours for trouble(). */
export const STATE_MAPPINGS = [{ says: 'ok', colour: QUIET }, ...STATES].map(({ says, colour }, index) =>
  between(index, index + 0.9999, says, colour, index),
);
