import { CtnetlinkSocket, RECEIVE_BYTES } from './ctnetlink-socket.ts';
import { DatagramSlots } from './datagram-slots.ts';
import { loadLibc } from './libc.ts';

/** What a dump takes of a socket; CtnetlinkSocket is the one for real. */
export type DumpSocket = {
  sendAsync(request: Uint8Array): Promise<void>;
  /** One datagram or several, in order. @param most no more than so many */
  receiveAsync(most: number): Promise<readonly DataView[]>;
  close(): void;
};

/**
 * Datagrams fetched at a time: a trip to another thread and back costs 20 us, counting the flows of one datagram 50. More
 * would keep the event loop for longer between two turns.
 */
const DATAGRAMS = 8;

/** Loads libc once, at the first opening that succeeds. The slots serve all sockets, as there is one at a time. */
export function dumpSocketOpener(): () => DumpSocket {
  let libc: ReturnType<typeof loadLibc> | undefined;
  let slots: DatagramSlots | undefined;
  return function open() {
    libc ??= loadLibc();
    slots ??= new DatagramSlots(libc, DATAGRAMS, RECEIVE_BYTES);
    const [socket, room] = [new CtnetlinkSocket(libc), slots];
    return {
      sendAsync: (request) => socket.sendAsync(request),
      receiveAsync: (most) => socket.receiveManyAsync(room, most),
      close: () => socket.close(),
    };
  };
}
