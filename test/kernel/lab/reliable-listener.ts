/**
 * Run inside a namespace: listens to new flows, wants every one of them as conntrackd does with NetlinkEventsReliable, has little
 * room, and fetches none. Ends when it is ended.
 */
import koffi from 'koffi';

const [AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER] = [16, 3, 12];
const [SOL_SOCKET, SO_RCVBUF] = [1, 8];
const [SOL_NETLINK, NETLINK_BROADCAST_ERROR] = [270, 4];
/** NFNLGRP_CONNTRACK_NEW is the first group. */
const GROUPS = 1;
/** The least that the kernel takes. */
const ROOM_BYTES = 2304;

const libc = koffi.load('libc.so.6');
const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
const fd: number = libc.func('int socket(int, int, int)')(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
const failed = [
  setsockopt(fd, SOL_NETLINK, NETLINK_BROADCAST_ERROR, Int32Array.of(1), 4),
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, Int32Array.of(ROOM_BYTES), 4),
  libc.func('int bind(int, const void *, uint32_t)')(fd, Uint32Array.of(AF_NETLINK, 0, GROUPS), 12),
];
if (failed.some((result) => result !== 0)) throw new Error(`Cannot listen: errno ${koffi.errno()}`);
process.stdout.write('listening\n');
setInterval(() => undefined, 60_000);
