import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { OperatorError } from '../model/operator-error.ts';
import {
  countRequest,
  decodeCount,
  decodeNames,
  decodeValues,
  type EthtoolRequest,
  namesRequest,
  valuesRequest,
} from './ethtool-codec.ts';

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
