import { gzipSync } from 'node:zlib';

/** One member of an `Accept` or `Accept-Encoding` header. Names are lower case; `q` is 0 to 1, where 0 means "never". */
export type Preference = { readonly value: string; readonly params: ReadonlyMap<string, string>; readonly q: number };

/**
 * RFC 9110, 12.4.2. A weight that cannot be read counts as 0: what cannot be parsed was not asked for.
 * A quoted comma splits its member in two, which then match nothing that is offered.
 */
export function parseQualityList(header: string): Preference[] {
  return header
    .split(',')
    .map(parsePreference)
    .filter(({ value }) => value !== '');
}

function parsePreference(member: string): Preference {
  const [value = '', ...rest] = member.split(';').map((part) => part.trim());
  const params = new Map(rest.map(parseParameter));
  const weight = params.get('q');
  params.delete('q');
  return { value: value.toLowerCase(), params, q: weight === undefined ? 1 : parseWeight(weight) };
}

function parseParameter(part: string): [name: string, value: string] {
  const equals = part.indexOf('=');
  if (equals < 0) return [part.toLowerCase(), ''];
  const value = part.slice(equals + 1).trim();
  return [part.slice(0, equals).trim().toLowerCase(), value.replace(/^"(.*)"$/, '$1')];
}

function parseWeight(text: string): number {
  return /^(0(\.\d*)?|1(\.0*)?)$/.test(text) ? Number(text) : 0;
}

/**
 * Level 1 takes two thirds of the time of level 6 for an exposition, and leaves a hundredth more of it. By default zlib takes and
 * gives back 270 kB for each body, which costs as much as a third of the compression; these sizes take half of that, and leave
 * no more bytes.
 */
const FOR_SMALL_BODIES = { level: 1, windowBits: 14, memLevel: 7, chunkSize: 4096 } as const;

/** In-line, because handing so little to the thread pool costs more than compressing it. */
export function gzip(body: string | Buffer): Buffer {
  return gzipSync(body, FOR_SMALL_BODIES);
}

/** Whether the client accepts gzip, and does not prefer the plain body. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  if (acceptEncoding === 'gzip') return true; // What Prometheus sends, word for word.
  const preferences = parseQualityList(acceptEncoding);
  const weightOf = (coding: string) => preferences.find(({ value }) => value === coding)?.q;
  const gzipQ = weightOf('gzip') ?? weightOf('x-gzip') ?? weightOf('*') ?? 0;
  return gzipQ > 0 && gzipQ >= (weightOf('identity') ?? 0);
}
