import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { OperatorError } from '../../model/operator-error.ts';
import { HOST_IS_LITTLE } from '../../netlink/constants.ts';

/** What asks the kernel; EthtoolSocket is the one for real. The answer is good until the next question. */
export type EthtoolTransport = {
  /** Rejects with EthtoolRefusal. */
  ask(device: string, request: EthtoolRequest): Promise<DataView>;
  close(): void;
};

/** The kernel said no. */
export class EthtoolRefusal extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(getSystemErrorMap().get(-errno)?.join(': ') ?? `errno ${errno}`);
    this.name = 'EthtoolRefusal';
    this.errno = errno;
  }
}

/** No driver of a network interface has near as many: the 128 queues of an ENA make some 5,000. */
export const COUNTERS_MAX = 8192;
/** A driver whose counters change in number between two questions is asked once more. */
const ATTEMPTS = 2;

/** No such counters here, or no such interface any more. */
const ABSENT: ReadonlySet<number> = new Set([
  constants.errno.EOPNOTSUPP,
  constants.errno.ENODEV,
  constants.errno.ENXIO,
]);

export type DriverCounters = ReadonlyMap<string, bigint>;

/**
 * Counters of network drivers by name, as `ethtool -S` shows them. Takes no privilege. The names are read once for each device and
 * again when their number changes, as it does with the number of queues.
 */
export class Ethtool {
  readonly #transport: EthtoolTransport;
  readonly #names = new Map<string, readonly string[]>();

  constructor(transport: EthtoolTransport) {
    this.#transport = transport;
  }

  /**
   * Those of the wanted counters that the driver has; none where the interface is gone.
   * @throws OperatorError when the kernel refuses otherwise, or answers with what cannot be understood
   */
  async read(device: string, wanted: readonly string[]): Promise<DriverCounters> {
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const counters = await this.#tryRead(device, wanted);
        if (counters !== undefined) return counters;
        this.#names.delete(device);
      }
      throw new RangeError('the number of counters changes between two questions');
    } catch (cause) {
      this.#names.delete(device);
      if (cause instanceof EthtoolRefusal && ABSENT.has(cause.errno)) return new Map();
      throw new OperatorError(`Cannot read the counters of "${device}": ${(cause as Error).message}`, {
        remedy: 'Compare with ethtool -S; the rest of the agent goes on without them',
        cause,
      });
    }
  }

  close(): void {
    this.#transport.close();
  }

  /** Undefined where the answers do not belong together. */
  async #tryRead(device: string, wanted: readonly string[]): Promise<DriverCounters | undefined> {
    const count = decodeCount(await this.#transport.ask(device, countRequest)) ?? 0;
    if (count === 0) return new Map();
    if (count > COUNTERS_MAX) throw new RangeError(`it claims ${count} counters, wanted at most ${COUNTERS_MAX}`);
    const names = await this.#namesOf(device, count);
    if (names.length !== count) return undefined;
    const indices = wanted.map((name) => [name, names.indexOf(name)] as const).filter(([, index]) => index !== -1);
    if (indices.length === 0) return new Map();
    const values = decodeValues(await this.#transport.ask(device, valuesRequest(count)));
    if (values.count !== count) return undefined;
    return new Map(indices.map(([name, index]) => [name, values.valueAt(index)]));
  }

  async #namesOf(device: string, count: number): Promise<readonly string[]> {
    const known = this.#names.get(device);
    if (known?.length === count) return known;
    const names = decodeNames(await this.#transport.ask(device, namesRequest(count)));
    this.#names.set(device, names);
    return names;
  }
}

/**
 * The commands of SIOCETHTOOL that read a driver's own counters, bytes in and out, in host byte order
 * (include/uapi/linux/ethtool.h; kernel ABI, never renumber).
 */

const ETHTOOL_GSTRINGS = 0x1b;
const ETHTOOL_GSTATS = 0x1d;
const ETHTOOL_GSSET_INFO = 0x37;
/** enum ethtool_stringset: the names of the counters. */
const ETH_SS_STATS = 1;
/** ETH_GSTRING_LEN */
export const NAME_BYTES = 32;
const VALUE_BYTES = 8;

/** struct ethtool_sset_info: cmd, reserved, sset_mask u64, data u32[]. */
const SSET_INFO = { bytes: 20, mask: 8, count: 16 } as const;
/** struct ethtool_gstrings: cmd, string_set, len, data. */
const GSTRINGS = { bytes: 12, set: 4, count: 8 } as const;
/** struct ethtool_stats: cmd, n_stats, data. */
const GSTATS = { bytes: 8, count: 4 } as const;
/** The longest of the three. */
export const HEADER_BYTES = SSET_INFO.bytes;

/** A request as it is written into the memory that the kernel writes its answer over. */
export type EthtoolRequest = (into: DataView) => void;

export const countRequest: EthtoolRequest = (into) => {
  into.setUint32(0, ETHTOOL_GSSET_INFO, HOST_IS_LITTLE);
  into.setUint32(4, 0, HOST_IS_LITTLE);
  into.setBigUint64(SSET_INFO.mask, 1n << BigInt(ETH_SS_STATS), HOST_IS_LITTLE);
  into.setUint32(SSET_INFO.count, 0, HOST_IS_LITTLE);
};

/** How many counters there are; undefined where the driver has none. */
export function decodeCount(answer: DataView): number | undefined {
  const hasSet = (answer.getBigUint64(SSET_INFO.mask, HOST_IS_LITTLE) >> BigInt(ETH_SS_STATS)) & 1n;
  return hasSet === 1n ? answer.getUint32(SSET_INFO.count, HOST_IS_LITTLE) : undefined;
}

/** `count` is how many the caller has room for: kernels that look at it write no more. */
export const namesRequest =
  (count: number): EthtoolRequest =>
  (into) => {
    into.setUint32(0, ETHTOOL_GSTRINGS, HOST_IS_LITTLE);
    into.setUint32(GSTRINGS.set, ETH_SS_STATS, HOST_IS_LITTLE);
    into.setUint32(GSTRINGS.count, count, HOST_IS_LITTLE);
  };

/** @throws RangeError where it names more than it holds. */
export function decodeNames(answer: DataView): string[] {
  const count = answer.getUint32(GSTRINGS.count, HOST_IS_LITTLE);
  expectRoom(answer, GSTRINGS.bytes + count * NAME_BYTES, `${count} names`);
  const bytes = Buffer.from(answer.buffer, answer.byteOffset + GSTRINGS.bytes, count * NAME_BYTES);
  return Array.from({ length: count }, (_, i) => {
    const field = bytes.subarray(i * NAME_BYTES, (i + 1) * NAME_BYTES);
    const end = field.indexOf(0);
    return field.toString('latin1', 0, end === -1 ? NAME_BYTES : end);
  });
}

const valuesRequest =
  (count: number): EthtoolRequest =>
  (into) => {
    into.setUint32(0, ETHTOOL_GSTATS, HOST_IS_LITTLE);
    into.setUint32(GSTATS.count, count, HOST_IS_LITTLE);
  };

/** How many counters came, and one of them. @throws RangeError where it claims more than it holds. */
export function decodeValues(answer: DataView): {
  readonly count: number;
  readonly valueAt: (index: number) => bigint;
} {
  const count = answer.getUint32(GSTATS.count, HOST_IS_LITTLE);
  expectRoom(answer, GSTATS.bytes + count * VALUE_BYTES, `${count} values`);
  return { count, valueAt: (index) => answer.getBigUint64(GSTATS.bytes + index * VALUE_BYTES, HOST_IS_LITTLE) };
}

function expectRoom({ byteLength }: DataView, bytes: number, what: string): void {
  if (bytes > byteLength) throw new RangeError(`Cannot decode ${what} at byte 0 of ${byteLength}: they take ${bytes}`);
}
