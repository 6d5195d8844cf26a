/** No node of the fleet has as many entries. */
const TOO_MANY = 1_000_000_000;

/**
 * A metric of the same name as the agent's, as GKE's netd exports it for each node, under the same labels but for `job`. Nothing of ours
 * may take it for the agent's.
 */
export const NETD_TEXT = `# HELP conntrack_entries Number of conntrack entries
# TYPE conntrack_entries gauge
conntrack_entries ${TOO_MANY}
`;
