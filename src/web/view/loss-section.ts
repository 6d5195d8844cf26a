import type { LossJson, StatusJson } from '../../model/status-json.ts';
import { count } from '../../model/text/numbers.ts';
import { ago, type Freshness } from './header.ts';
import { dataTable, section } from './section.ts';
import { type Tag, tag } from './tag.ts';

/** What was lost, by cause, since each cause has another remedy. */
export function lossSection({ losses }: StatusJson, { ageSeconds }: Freshness): Tag {
  const { causes } = losses;
  if (causes === undefined) {
    const why =
      'Losses are not known: the kernel counters cannot be read, or have been read only once. See the sources below';
    return section('losses', 'Lost, by cause', ago(ageSeconds), tag('p', { class: 'empty' }, why));
  }
  const table = dataTable(['Cause', 'last minute', 'last hour'], causes.map(causeRow));
  return section('losses', 'Lost, by cause', `packets or entries, ${ago(ageSeconds)}`, table);
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
