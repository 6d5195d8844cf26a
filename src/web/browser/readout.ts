import { count } from '../../model/numbers.ts';
import type { Seconds } from './seconds.ts';

/** The numbers under the pointer. */
export function readoutOf(seconds: Seconds, index: number | null | undefined): string {
  const time = index === null || index === undefined ? undefined : seconds.times[index];
  if (time === undefined) return 'one number a second';
  const [entries, peak, dropped] = (['entries', 'peak', 'dropped'] as const).map(
    (name) => seconds.column(name)[index!],
  );
  const at = `${new Date(time * 1000).toISOString().slice(11, 19)} UTC`;
  if (entries === null || entries === undefined) return `${at}: not known`;
  const lost = dropped ? `, ${count(dropped)} packets dropped` : '';
  return `${at}: ${count(entries)} entries, peak ${count(peak ?? entries)}${lost}`;
}
