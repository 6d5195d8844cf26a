import { ALARM_ROWS } from '../../model/alarms/alarms.ts';
import { carrierNotice, type Datapath } from '../../model/datapath.ts';
import { isFiring, type Status } from '../../model/status.ts';
import type { LossReport, Summary, SummaryLevel } from '../../model/status-json.ts';
import { count, percent, roughly } from '../../model/text/numbers.ts';

export type SummaryFacts = {
  readonly status: Status;
  /** Undefined where the kernel counts no losses at all. */
  readonly losses: readonly LossReport[] | undefined;
  /** False: the table is another namespace's, not the node's. */
  readonly inHostNetns: boolean | undefined;
  readonly moduleIsLoaded: boolean;
  /** Undefined where nothing shows of it. */
  readonly datapath?: Datapath | undefined;
};

/** The state of the table; of another namespace's table too, since the check of the namespace may be wrong. */
export function summaryOf(facts: SummaryFacts): Summary {
  const table = tableSummary(facts);
  if (facts.inHostNetns !== false) return table;
  const level = table.level === 'critical' || table.level === 'warning' ? table.level : 'no_data';
  return { level, text: `Not in the node's network namespace; this table: ${table.text}` };
}

/** How full, how long until full, and what is lost: "82 % full, full in about 14 min, losing nothing". The level is that of the alarms. */
function tableSummary(facts: SummaryFacts): Summary {
  const { status, losses, moduleIsLoaded, datapath } = facts;
  const notice = datapath && carrierNotice(datapath.carries);
  const { entries, limit } = status;
  if (!moduleIsLoaded) {
    return { level: 'not_loaded', text: 'No connection tracking here: the kernel module is not loaded' };
  }
  if (entries === undefined) return noData('the number of entries cannot be read');
  if (limit === undefined) return noData(`the limit cannot be read; ${count(entries)} entries`);
  const parts = [fillText(status), trendText(status), ...lossTexts(status, losses)].filter(
    (part) => part !== undefined,
  );
  return { level: levelOf(status), text: `${notice === undefined ? '' : `${notice}; `}${parts.join(', ')}` };
}

function noData(why: string): Summary {
  return { level: 'no_data', text: `No data: ${why}` };
}

function fillText({ entries = 0, usage }: Status): string {
  if (usage === undefined) return `${count(entries)} entries and no limit`;
  return usage > 1 ? `${percent(usage)} full: above its limit` : `${percent(usage)} full`;
}

/** Undefined when the table is full, which the text has already. */
function trendText({ usage, secondsUntilFull: seconds }: Status): string | undefined {
  if (usage === undefined || seconds === 0) return undefined;
  if (seconds === undefined) return 'trend not known yet';
  return seconds === Number.POSITIVE_INFINITY ? 'not filling' : `full in about ${roughly(seconds)}`;
}

/** Evictions are left out beside table-full drops, which a full table always has, and where it is said that it only evicts. */
function lossTexts(status: Status, losses: readonly LossReport[] | undefined): string[] {
  const { usage = 0, isDropping = false } = status;
  if (losses === undefined) return ['losses not known'];
  const above = losses.filter(({ isAboveBaseline }) => isAboveBaseline);
  const full = above.find(({ id }) => id === 'table_full');
  const isEvicting = above.some(({ id }) => id === 'evicted');
  const onlyEvicts = full === undefined && status.isDropping === false && usage >= 1;
  const others = above.filter(({ id }) => id !== 'table_full' && (id !== 'evicted' || !(full || onlyEvicts)));
  const texts = [...(full ? [dropText(full, isDropping)] : []), ...others.map(({ summary }) => summary)];
  if (onlyEvicts) return [isEvicting ? 'evicting, nothing dropped yet' : 'nothing dropped yet', ...texts];
  return texts.length === 0 ? ['losing nothing'] : texts;
}

function dropText({ perSecond, lastMinute, summary }: LossReport, isNow: boolean): string {
  if (!isNow) return `lost ${packets(lastMinute)} within the minute ${summary}`;
  return `losing ${packets(Math.max(1, perSecond))} a second ${summary}`;
}

function packets(number: number): string {
  return `${count(number)} packet${Math.round(number) === 1 ? '' : 's'}`;
}

/** The severity of the worst alarm that fires, as Alertmanager has it. */
function levelOf({ alarms }: Status): SummaryLevel {
  const worst = ALARM_ROWS.find(({ id }) => isFiring(alarms.get(id)));
  if (worst === undefined) return 'ok';
  return worst.id === 'no_data' ? 'no_data' : worst.severity;
}
