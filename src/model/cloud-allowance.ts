/** Connections that the hypervisor of a cloud tracks for an instance: a table beside the kernel's, with an allowance of its own. */

/** What one network interface tells of it. A member is undefined where its driver has no such counter. */
export type CloudReading = {
  readonly device: string;
  /** Connections that may still be tracked for the whole instance. */
  readonly available: number | undefined;
  /** Packets dropped because there were none, since the driver was reset; unsigned, 64 bits. */
  readonly exceeded: bigint | undefined;
};

export type CloudDeviceStatus = {
  readonly device: string;
  readonly available: number | undefined;
  /** Packets dropped, monotonic over resets of the driver; exact up to 2^53. */
  readonly exceeded: number | undefined;
};

/** The instance has one allowance, which each of its interfaces tells: the lowest counts, and nothing is summed over them. */
export type CloudStatus = {
  readonly devices: readonly CloudDeviceStatus[];
  readonly available: number | undefined;
  /** Net growth of the connections that the cloud tracks. */
  readonly growthPerSecond: number | undefined;
  /** Infinity while they do not grow. */
  readonly secondsUntilExceeded: number | undefined;
  /** Packets dropped since the agent started. */
  readonly dropped: number | undefined;
  readonly droppedLastMinute: number | undefined;
};
