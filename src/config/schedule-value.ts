import { type Value, value } from './option-values.ts';

/** Second (may be left out), minute, hour, day of month, month, day of week. */
const FIELDS = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/**
 * What node-cron takes, without the names of months and days. Checked here, for loading it to check a flag would cost every
 * command 8 MB.
 */
export const cronSchedule: Value<string> = value(
  'a cron schedule of 5 fields, or 6 with seconds first, such as "*/30 * * * * *"',
  (text) => {
    const fields = text.trim().split(/\s+/);
    if (fields.length < 5 || fields.length > 6) return undefined;
    const ranges = FIELDS.slice(FIELDS.length - fields.length);
    return fields.every((field, i) => isField(field, ranges[i]!)) ? fields.join(' ') : undefined;
  },
);

function isField(field: string, range: readonly [number, number]): boolean {
  return field.split(',').every((item) => isItem(item, range));
}

/** `*`, `5`, `5-10`, and of the first and the last every so many: `*\/5`, `0-30/5`. */
function isItem(item: string, [least, most]: readonly [number, number]): boolean {
  const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(item);
  if (match === null) return false;
  const [, from, to = from, step] = match;
  if (step !== undefined && (Number(step) === 0 || (from !== undefined && match[2] === undefined))) return false;
  if (from === undefined) return true;
  return least <= Number(from) && Number(from) <= Number(to) && Number(to) <= most;
}
