import { historyRoute } from '../../../src/web/routes/api-routes.ts';
import { expositionFormat } from '../../../src/web/routes/metrics-route.ts';
import { acceptsGzip } from '../../../src/web/server/responses.ts';
import { QUIET_VIEW } from '../quiet-agent.ts';
import { mutatedText, type Random } from '../random.ts';
import { hold, holdEqual, type Subject } from '../subject.ts';

const ACCEPTS = [
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
  'text/html,application/xhtml+xml,*/*;q=0.8',
  'gzip, deflate, br;q=1.0, identity;q=0.5, *;q=0',
  'gzip',
];
const WORDS = [
  ';q=0',
  ';q=1',
  ';q=0.5',
  ';q=',
  ',',
  ';',
  '*',
  '/',
  '"',
  '=',
  'gzip',
  'identity',
  'application/openmetrics-text',
  'text/plain',
];
const QUERIES = ['minutes=15', 'minutes=1', 'minutes=60', 'minutes=61', 'minutes=0', 'minutes=015', 'a=b&minutes=3'];

export const ACCEPT: Subject = {
  name: 'accept',
  invariant: 'nothing is sent that was not named with a weight above 0, and plain text where nothing is',
  run(random) {
    const header = mutatedText(random, random.pick(ACCEPTS), WORDS);
    if (acceptsGzip(header)) hold(/gzip|\*/i.test(header), () => `gzip for ${JSON.stringify(header)}`);
    const never = /^[^"]*$/.test(header) && !/openmetrics-text|application\/\*|\*\/\*/i.test(header);
    if (never) holdEqual(expositionFormat(header), 'text', () => JSON.stringify(header));
    holdEqual(
      expositionFormat(
        header
          .split(',')
          .map((one) => `${one};q=0`)
          .join(','),
      ),
      'text',
      () => `all refused: ${header}`,
    );
  },
};

/** The status and body of the route, without a server. */
function asked(route: ReturnType<typeof historyRoute>, url: string): number {
  let status = 0;
  const res = {
    writeHead: (code: number) => {
      status = code;
      return res;
    },
    end: () => res,
    setHeader: () => res,
  };
  route({ method: 'GET', url, headers: {} } as never, res as never);
  return status;
}

let route: ReturnType<typeof historyRoute> | undefined;

export const QUERY: Subject = {
  name: 'api-query',
  invariant: 'a history is told for 1 to 60 whole minutes or none named, and refused with 400 for anything else',
  run(random: Random) {
    route ??= historyRoute(QUIET_VIEW);
    const query = mutatedText(random, random.pick(QUERIES), [
      '&',
      '=',
      '%20',
      '+',
      '1',
      '0',
      '-',
      'minutes',
      '?',
      '#',
      '%',
      '\u0661',
    ]);
    const named = query
      .split('?', 1)[0]!
      .split('&')
      .map((pair) => pair.replaceAll('+', ' ').split(/=(.*)/s))
      .filter(([name]) => decoded(name!) === 'minutes')
      .map(([, value = '']) => decoded(value));
    const isRight =
      named.length === 0 || (named.length === 1 && /^[1-9][0-9]?$/.test(named[0]!) && Number(named[0]) <= 60);
    holdEqual(asked(route, `/api/v1/history?${query}`), isRight ? 200 : 400, () => JSON.stringify(query));
  },
};

/** As URLSearchParams does: a percent sign without two digits stands for itself, and broken UTF-8 for U+FFFD. */
function decoded(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
