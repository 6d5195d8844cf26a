/** `http_server_config`. */
import { flag, type Section } from './section.ts';

/** Names and values the exporter toolkit allows; undefined for any text. */
const HEADERS: Readonly<Record<string, readonly string[] | undefined>> = {
  'Content-Security-Policy': undefined,
  'Strict-Transport-Security': undefined,
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': undefined,
};

export type Headers = readonly (readonly [name: string, value: string])[];

/** Headers for every answer. `http2` is checked and has no effect: HTTP/1.1 is what keeps one connection per scraper simple. */
export function readHttp(section: Section): Headers {
  section.take('http2', 'true or false', flag);
  const headers = section.section('headers');
  const read = headers.keys().flatMap((name) => {
    const value = readHeader(headers, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  headers.end();
  section.end();
  return read;
}

function readHeader(headers: Section, name: string): string | undefined {
  if (!Object.hasOwn(HEADERS, name)) return undefined;
  const words = HEADERS[name];
  const expected = words === undefined ? 'text of printable characters' : `one of ${words.join(', ')}`;
  return headers.take(name, expected, (value) => {
    if (typeof value !== 'string' || !/^[\x20-\x7e]+$/.test(value)) return undefined;
    return words === undefined || words.includes(value.toLowerCase()) ? value : undefined;
  });
}
