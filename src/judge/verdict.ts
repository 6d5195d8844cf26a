import { HIGH_USAGE } from './alarm.ts';
import type { LossReport } from './loss-report.ts';
import type { Status } from './table-judge.ts';
import { count, percent, roughly } from './words.ts';

/** What to do where the table is another namespace's. */
export const FOREIGN_REMEDY = 'Set hostNetwork: true in the pod, or run the agent outside of any network namespace';

/** `absent`: this kernel tracks no connections, so there is nothing to fill. `blind`: it may, and we cannot see. */
export type VerdictLevel = 'calm' | 'warning' | 'critical' | 'blind' | 'absent';

/** One line on the node that a person understands when woken. */
export type NodeVerdict = { readonly level: VerdictLevel; readonly text: string };

export type VerdictFacts = {
  readonly status: Status;
  /** Undefined where the kernel tells of no losses at all. */
  readonly losses: readonly LossReport[] | undefined;
  /** False: the table is another namespace's, not the node's. */
  readonly inHostNetns: boolean | undefined;
  readonly moduleIsLoaded: boolean;
};

/** A table that is full within the hour is not calm, though nobody need be woken yet. */
const LOOK_AHEAD_SECONDS = 3600;

/** How full, how long until full, and what is lost: "82 % full, full in about 14 min, losing nothing". */
export function verdictOn(facts: VerdictFacts): NodeVerdict {
  const { status, losses, inHostNetns, moduleIsLoaded } = facts;
  const { entries, limit } = status;
  if (inHostNetns === false) return blind("not in the node's network namespace");
  if (!moduleIsLoaded) {
    return { level: 'absent', text: 'No connection tracking here: the kernel module is not loaded' };
  }
  if (entries === undefined) return blind('the number of entries cannot be read');
  if (limit === undefined) return blind(`the limit cannot be read; ${count(entries)} entries`);
  const parts = [fillOf(status), trendOf(status), lossOf(status, losses)].filter((part) => part !== undefined);
  return { level: levelOf(status, losses), text: parts.join(', ') };
}

function blind(why: string): NodeVerdict {
  return { level: 'blind', text: `Blind: ${why}` };
}

function fillOf({ entries = 0, usage }: Status): string {
  if (usage === undefined) return `${count(entries)} entries and no limit`;
  return usage > 1 ? `${percent(usage)} full: above its limit` : `${percent(usage)} full`;
}

/** Nothing when it is full: that has been said. */
function trendOf({ usage, secondsUntilFull: seconds }: Status): string | undefined {
  if (usage === undefined || seconds === 0) return undefined;
  if (seconds === undefined) return 'trend not known yet';
  return seconds === Number.POSITIVE_INFINITY ? 'not filling' : `full in about ${roughly(seconds)}`;
}

/** That a table which refuses packets evicts entries too goes without saying. */
function lossOf({ isRefusing }: Status, losses: readonly LossReport[] | undefined): string {
  if (losses === undefined) return 'losses not known';
  const troubles = losses.filter(({ isTrouble }) => isTrouble);
  const refused = troubles.find(({ id }) => id === 'refused');
  const others = troubles.filter(({ id }) => id !== 'refused' && (refused === undefined || id !== 'evicted'));
  const said = [...(refused ? [refusal(refused, isRefusing)] : []), ...others.map(({ says }) => says)];
  return said.length === 0 ? 'losing nothing' : said.join(', ');
}

function refusal({ perSecond, lastMinute, says }: LossReport, isNow: boolean): string {
  if (!isNow) return `lost ${packets(lastMinute)} within the minute ${says}`;
  return `losing ${packets(Math.max(1, perSecond))} a second ${says}`;
}

function packets(number: number): string {
  return `${count(number)} packet${Math.round(number) === 1 ? '' : 's'}`;
}

function levelOf(status: Status, losses: readonly LossReport[] = []): VerdictLevel {
  const { usage = 0, isRefusing, alarms, secondsUntilFull = Number.POSITIVE_INFINITY } = status;
  const isRaised = (name: 'saturated' | 'critical' | 'warning' | 'filling') => alarms?.get(name)?.isRaised === true;
  if (isRefusing || usage >= 1 || isRaised('saturated') || isRaised('critical')) return 'critical';
  const isTrouble = losses.some((loss) => loss.isTrouble);
  const isNear = usage >= HIGH_USAGE || secondsUntilFull <= LOOK_AHEAD_SECONDS;
  return isTrouble || isNear || isRaised('warning') || isRaised('filling') ? 'warning' : 'calm';
}
