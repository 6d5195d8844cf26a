import type { LossJson, StatusJson } from '../../model/status-json.ts';
import { count } from '../../model/text/numbers.ts';
import { ago, dataTable, type Freshness, section } from './section.ts';
import { type Tag, tag } from './tag.ts';

/** What was lost, by cause, since each cause has another remedy. */
export function lossSection({ losses }: StatusJson, { ageSeconds }: Freshness): Tag {
  const { causes } = losses;
  if (causes === undefined) {
    const why =
      'Losses are not known: the kernel counters cannot be read, or have been read only once. See the sources below';
    return section('losses', 'Lost, by cause', ago(ageSeconds), tag('p', { class: 'empty' }, why));
  }
  const shown = causes.filter(isShown);
  const table = dataTable(['Cause', 'last minute', 'last hour'], shown.map(causeRow));
  const others = causes.filter((cause) => !isShown(cause)).map(({ label }) => label);
  const note =
    others.length === 0 ? undefined : tag('p', { class: 'note' }, `None within the hour: ${others.join(', ')}`);
  return section('losses', 'Lost, by cause', `packets or entries, ${ago(ageSeconds)}`, table, note);
}

/** A row of its own takes what was lost within the hour, and a full table always: its zero is what one looks for. */
function isShown({ id, lastMinute, lastHour }: LossJson): boolean {
  return id === 'table_full' || lastMinute > 0 || lastHour > 0;
}

/** A remedy that several causes share is shown once, with the worst of them. */
function causeRow(cause: LossJson, i: number, causes: readonly LossJson[]): Tag {
  const { id, label, sentence, remedy, lastMinute, lastHour, isAboveBaseline } = cause;
  const isSaid = causes.slice(0, i).some((worse) => worse.isAboveBaseline && worse.remedy[0] === remedy[0]);
  const order = isAboveBaseline && !isSaid && tag('span', { class: 'remedy' }, remedy[0]);
  const name = [tag('span', { class: 'label' }, label), tag('span', { class: 'sentence' }, sentence), order];
  return tag(
    'tr',
    { class: isAboveBaseline ? 'above-baseline' : undefined },
    tag('th', { scope: 'row' }, tag('div', { class: 'cause' }, ...name)),
    tag('td', { class: 'number', id: `lost-${id}-minute` }, count(lastMinute)),
    tag('td', { class: 'number', id: `lost-${id}-hour` }, count(lastHour)),
  );
}
