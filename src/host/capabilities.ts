import { OperatorError } from '../model/operator-error.ts';
import { BYTES_MAX, readRegularFile } from '../system/regular-file.ts';

/** Bit number of include/uapi/linux/capability.h. */
const CAP_NET_ADMIN = 12n;

/** The agent's own, so never the procfs of --path.procfs. */
const OWN_STATUS = '/proc/self/status';

/** Whether a process of this status, by default our own, may ask ctnetlink: tells without loading koffi or opening a socket. */
export function hasNetAdmin(status: string = readOwnStatus()): boolean {
  return ((parseEffectiveCapabilities(status) >> CAP_NET_ADMIN) & 1n) === 1n;
}

function readOwnStatus(): string {
  try {
    return readRegularFile(OWN_STATUS, BYTES_MAX.procfs).toString('latin1');
  } catch (cause) {
    throw new OperatorError(`Cannot read "${OWN_STATUS}": ${cause instanceof Error ? cause.message : cause}`, {
      remedy: 'Mount a procfs at /proc, or use --collector.counters.via=procfs',
      cause,
    });
  }
}

/**
 * The effective set of /proc/PID/status (fs/proc/array.c, task_cap), bit n for capability n.
 * @throws SyntaxError where the text has no such set
 */
export function parseEffectiveCapabilities(status: string): bigint {
  const hex = /^CapEff:[ \t]*([0-9a-f]{1,16})$/m.exec(status)?.[1];
  if (hex === undefined) throw new SyntaxError(`Cannot parse "${OWN_STATUS}": no CapEff of hexadecimal digits in it`);
  return BigInt(`0x${hex}`);
}
