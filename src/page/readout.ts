import { count } from '../judge/words.ts';
import type { Seconds } from './seconds.ts';

/** The numbers under the pointer. */
export function readoutOf(seconds: Seconds, index: number | null | undefined): string {
  const time = index === null || index === undefined ? undefined : seconds.times[index];
  if (time === undefined) return 'one number a second';
  const [entries, peak, refused] = (['entries', 'peak', 'refused'] as const).map(
    (name) => seconds.column(name)[index!],
  );
  const at = `${new Date(time * 1000).toISOString().slice(11, 19)} UTC`;
  if (entries === null || entries === undefined) return `${at}: not known`;
  const lost = refused ? `, ${count(refused)} packets refused` : '';
  return `${at}: ${count(entries)} entries, peak ${count(peak ?? entries)}${lost}`;
}
