/**
 * Why an entry could not be inserted into a table that is not full, chains that are too long aside. `race`: another packet
 * came first. `snat_ports`: source NAT found no free port, so that the flow's addresses and ports are another's already.
 * `nat_without_ports`: NAT had no port to choose, since the protocol has none or the rule names one or two.
 * The kernel counts both alike; docs/insert-failures.md says how they are told apart.
 */
export const INSERT_FAILURE_CAUSES = ['race', 'snat_ports', 'nat_without_ports', 'unknown'] as const;
export type InsertFailureCause = (typeof INSERT_FAILURE_CAUSES)[number];

/** Packets lost to each, in total or within some time. */
export type InsertFailures = Readonly<Record<InsertFailureCause, number>>;

export const NO_INSERT_FAILURES: InsertFailures = { race: 0, snat_ports: 0, nat_without_ports: 0, unknown: 0 };
