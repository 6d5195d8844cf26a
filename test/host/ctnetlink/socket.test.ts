import { describe, expect, it } from 'vitest';
import type { Libc } from '../../../src/host/ctnetlink/libc.ts';
import { CtnetlinkSocket } from '../../../src/host/ctnetlink/socket.ts';

const REQUEST = new Uint8Array(20);

/** A libc whose send returns when the test says so, as the kernel's does while somebody else has its lock. */
function waitingLibc() {
  const sending: ((failure: unknown, bytes: number) => void)[] = [];
  const closed: number[] = [];
  const unused = () => {
    throw new Error('Cannot call: not part of this test');
  };
  const libc: Libc = {
    socket: () => 7,
    sendAsync: (_fd, _bytes, _length, _flags, done) => void sending.push(done),
    recvfrom: unused,
    recvmmsgAsync: unused,
    ioctlAsync: unused,
    bind: unused,
    setsockopt: unused,
    getsockopt: unused,
    close: (fd) => closed.push(fd),
    errno: () => 105,
    allocate: unused,
  };
  return { libc, sending, closed };
}

describe('CtnetlinkSocket.sendAsync()', () => {
  it('returns at once while the kernel has not taken the request, and settles when it has', async () => {
    const { libc, sending } = waitingLibc();
    let isSent = false;
    const sent = new CtnetlinkSocket(libc).sendAsync(REQUEST).then(() => {
      isSent = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSent).toBe(false);
    sending[0]!(null, REQUEST.length);
    await sent;
  });

  it.each([
    ['nothing was sent', -1],
    ['a part was sent', 19],
  ])('rejects when %s', async (_, bytes) => {
    const { libc, sending } = waitingLibc();
    const sent = new CtnetlinkSocket(libc).sendAsync(REQUEST);
    sending[0]!(null, bytes);
    await expect(sent).rejects.toThrow(/^Cannot ask "ctnetlink": .* \(ENOBUFS\)$/);
  });

  it('keeps the descriptor until the thread is done with it: another file may have its number by then', async () => {
    const { libc, sending, closed } = waitingLibc();
    const socket = new CtnetlinkSocket(libc);
    const sent = socket.sendAsync(REQUEST);
    socket.close();
    expect(closed).toEqual([]);
    sending[0]!(null, REQUEST.length);
    await sent;
    socket.close();
    expect(closed).toEqual([7]);
    await expect(socket.sendAsync(REQUEST)).rejects.toThrow(/\(EBADF\)$/);
    expect(closed).toEqual([7]);
  });
});
