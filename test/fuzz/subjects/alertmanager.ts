import { type AddressInfo, createServer, type Server } from 'node:net';
import { outcomeOf } from '../../../src/alertmanager/delivery.ts';
import { HttpConnection, within } from '../../../src/alertmanager/http-connection.ts';
import { mutatedText } from '../random.ts';
import { hold, type Subject } from '../subject.ts';

const BODY = '{"status":"success"}';
const ANSWERS = [
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Tue, 24 Nov 2026 03:00:00 GMT\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nKeep-Alive: timeout=5\r\n\r\n14\r\n${BODY}\r\n0\r\n\r\n`,
  'HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"too old"',
  'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Unavailable\r\nAge: 7\r\nContent-Length: 0\r\n\r\n',
];
const WORDS = [
  '\r\n',
  '\n',
  ': ',
  '0\r\n\r\n',
  'timeout=99999999999',
  'timeout=0',
  'Content-Length: 99999999\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Encoding: gzip\r\n',
  'HTTP/1.0',
  'HTTP/1.1 200 OK\r\n\r\n',
  '\0',
  '-1',
  'ffffffffffffffff\r\n',
];
/** After the answer the server ends the connection, so nothing has to be waited for. */
const WAIT_MS = 2000;
const ANSWER_MAX = 64 * 1024;

let server: Server | undefined;
let answer = '';

async function listening(): Promise<number> {
  if (server === undefined) {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.from(answer, 'latin1')));
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  }
  return (server.address() as AddressInfo).port;
}

export const ALERTMANAGER: Subject = {
  name: 'alertmanager',
  invariant: 'an answer is understood or the request fails; it neither hangs nor crashes, nothing follows a redirect',
  async run(random) {
    const port = await listening();
    answer = mutatedText(random, random.pick(ANSWERS), WORDS);
    const endpoint = {
      url: new URL(`http://127.0.0.1:${port}/api/v2/alerts`),
      lookup: () => hold(false, () => 'a name was looked up'),
      authorities: () => undefined,
    };
    let closed = 0;
    const connection = new HttpConnection(
      endpoint,
      () => 0,
      () => {
        closed += 1;
      },
    );
    const sent = connection.send({ headers: {}, body: '[]' });
    const answered = await within(sent, WAIT_MS, () => new Error('hangs')).catch((error: Error) => error);
    hold(!(answered instanceof Error) || answered.message !== 'hangs', () => `hangs at ${JSON.stringify(answer)}`);
    if (!(answered instanceof Error)) {
      const { statusCode, text, contentType, idleSeconds, dateMs } = answered;
      const isDelivered = outcomeOf(answered) === 'delivered';
      const isSuccess = statusCode >= 200 && statusCode < 300;
      hold(!isDelivered || isSuccess, () => `status ${statusCode}`);
      hold(isDelivered || !isSuccess || text !== '' || contentType !== undefined, () => `refused ${statusCode}`);
      hold(text.length <= 2 * ANSWER_MAX, () => `${text.length} characters`);
      hold(idleSeconds === undefined || answer.includes(`timeout=`), () => `idle ${idleSeconds}`);
      hold(dateMs === undefined || Number.isFinite(dateMs), () => `date ${dateMs}`);
    }
    connection.close();
    hold(closed === 1, () => `closed ${closed} times`);
  },
  async end() {
    server?.close();
    server = undefined;
  },
};
