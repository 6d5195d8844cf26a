import { describe, expect, it } from 'vitest';
import { RawConnection } from '../raw-connection.ts';
import { serve } from '../serving.ts';

/** A request that somebody wants a proxy in front to see as the body of another. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
const get = (...lines: string[]) =>
  `GET /metrics HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const statusesIn = (received: string) =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

describe('requests that a proxy in front may end somewhere else than the agent', () => {
  it.each<[shape: string, text: string]>([
    [
      'a length and chunks (CL.TE)',
      `${get(`Content-Length: ${HIDDEN.length + 5}`, 'Transfer-Encoding: chunked')}0\r\n\r\n${HIDDEN}`,
    ],
    [
      'chunks and a length (TE.CL)',
      `${get('Transfer-Encoding: chunked', 'Content-Length: 4')}5c\r\n${HIDDEN}\r\n0\r\n\r\n`,
    ],
    ['two lengths', get(`Content-Length: ${HIDDEN.length}`, 'Content-Length: 0') + HIDDEN],
    ['a list of lengths', get(`Content-Length: ${HIDDEN.length}, 0`) + HIDDEN],
    ['a length with a sign', get(`Content-Length: +${HIDDEN.length}`) + HIDDEN],
    ['a length in hex', get('Content-Length: 0x10') + HIDDEN],
    ['a space before the colon', get(`Content-Length : ${HIDDEN.length}`) + HIDDEN],
    ['chunks behind a tab', `${get('Transfer-Encoding:\tchunked')}0\r\n\r\n${HIDDEN}`],
    ['chunks in other words', `${get('Transfer-Encoding: xchunked')}0\r\n\r\n${HIDDEN}`],
    ['chunks twice', `${get('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}0\r\n\r\n${HIDDEN}`],
    ['a folded line', get('X-A: b', ` Content-Length: ${HIDDEN.length}`, `Content-Length: ${HIDDEN.length}`) + HIDDEN],
    ['a length that is too short', get('Content-Length: 3') + HIDDEN],
    ['a NUL in a header', get('X-A: a\0b') + HIDDEN],
    ['a CR alone in a header', get('X-A: a\rContent-Length: 0') + HIDDEN],
    ['two hosts', get('Host: b') + HIDDEN],
    [
      'a method with a body that GET has not',
      `POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    ],
    ['an upgrade', get('Upgrade: h2c', 'Connection: Upgrade', `Content-Length: ${HIDDEN.length}`) + HIDDEN],
  ])('are refused and the connection is closed: %s', async (_, text) => {
    const { port } = await serve();
    const client = await RawConnection.open({ port, host: '127.0.0.1' });
    client.socket.write(Buffer.from(text, 'latin1'));
    await expect.poll(() => client.socket.readyState, { timeout: 1500 }).toBe('closed');
    const statuses = statusesIn(client.received);
    expect(statuses, client.received).toHaveLength(1);
    expect(statuses[0]).toBeGreaterThanOrEqual(400);
    expect(client.received).not.toContain('404');
  });

  it('are told from two requests that are right, which get two answers', async () => {
    const { port } = await serve();
    const client = await RawConnection.open({ port, host: '127.0.0.1' });
    client.socket.write(get() + HIDDEN);
    await expect.poll(() => statusesIn(client.received), { timeout: 5000 }).toEqual([200, 404]);
  });
});
