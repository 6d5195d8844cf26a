/** Kernel ABI under the kernel's own names: numbers here are never renumbered, only added to. */

/** Netlink headers and attribute headers are in the byte order of the host, not of the network. */
export const HOST_IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

// include/uapi/linux/netlink.h
export const NLMSG_HEADER_BYTES = 16;
export const NLA_HEADER_BYTES = 4;
export const NLMSG = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4 } as const;
export const NLM_F = { REQUEST: 0x01, DUMP_INTR: 0x10, DUMP: 0x300 } as const;
/** Drops the bits NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
export const NLA_TYPE_MASK = 0x3fff;
export const NETLINK_NETFILTER = 12;

// include/uapi/linux/netfilter/nfnetlink.h
export const NFGENMSG_BYTES = 4;
export const NFNETLINK_V0 = 0;
export const NFNL_SUBSYS_CTNETLINK = 1;

// include/uapi/linux/netfilter/nfnetlink_conntrack.h, enum cntl_msg_types
export const IPCTNL_MSG_CT_NEW = 0; // Also what a dump answers with.
export const IPCTNL_MSG_CT_GET = 1;
export const IPCTNL_MSG_CT_GET_STATS_CPU = 4;

// include/uapi/linux/netfilter/nfnetlink.h, enum nfnetlink_groups
export const NFNLGRP_CONNTRACK_NEW = 1;
/** Messages that the kernel sends on its own account carry this in place of the number of a request. */
export const NO_SEQUENCE = 0;

/**
 * include/uapi/linux/netfilter/nfnetlink_conntrack.h, enum ctattr_stats_cpu. Left out are the five it calls "no longer
 * used" (SEARCHED 1, NEW 3, IGNORE 5, DELETE 6, DELETE_LIST 7), which kernels before 5.10 may still send.
 */
export const CTA_STATS = {
  FOUND: 2,
  INVALID: 4,
  INSERT: 8,
  INSERT_FAILED: 9,
  DROP: 10,
  EARLY_DROP: 11,
  ERROR: 12,
  SEARCH_RESTART: 13,
  CLASH_RESOLVE: 14, // Linux 5.10
  CHAIN_TOOLONG: 15, // Linux 5.15
} as const;

// include/uapi/linux/netfilter/nfnetlink_conntrack.h: enum ctattr_type, those of a flow that we decode
export const CTA = { TUPLE_ORIG: 1, TUPLE_REPLY: 2, STATUS: 3, PROTOINFO: 4, TIMEOUT: 7, ZONE: 18 } as const;
/** enum ctattr_tuple; a zone of one direction alone is in its tuple (Linux 4.3) */
export const CTA_TUPLE = { IP: 1, PROTO: 2, ZONE: 3 } as const;
/** enum ctattr_ip */
export const CTA_IP = { V4_SRC: 1, V4_DST: 2, V6_SRC: 3, V6_DST: 4 } as const;
/** enum ctattr_l4proto */
export const CTA_PROTO = { NUM: 1, SRC_PORT: 2, DST_PORT: 3 } as const;
/** enum ctattr_protoinfo: one nest per protocol that has states. */
export const CTA_PROTOINFO = { TCP: 1, DCCP: 2, SCTP: 3 } as const;
/** CTA_PROTOINFO_TCP_STATE, CTA_PROTOINFO_DCCP_STATE and CTA_PROTOINFO_SCTP_STATE are all 1. */
export const CTA_PROTOINFO_STATE = 1;
