import { gzipSync } from 'node:zlib';
import { parseQualityList } from './quality-list.ts';

/**
 * Level 1 takes about 60 us for 10 kB of exposition and leaves 15 % of it; level 6 takes 95 us and leaves 14 %.
 * In-line, because handing so little to the thread pool costs more than compressing it.
 */
export function gzip(body: string | Buffer): Buffer {
  return gzipSync(body, { level: 1 });
}

/** Whether the client takes gzip, and does not like the plain body better. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  if (acceptEncoding === 'gzip') return true; // What Prometheus sends, word for word.
  const preferences = parseQualityList(acceptEncoding);
  const weightOf = (coding: string) => preferences.find(({ value }) => value === coding)?.q;
  const gzipQ = weightOf('gzip') ?? weightOf('x-gzip') ?? weightOf('*') ?? 0;
  return gzipQ > 0 && gzipQ >= (weightOf('identity') ?? 0);
}
