import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

/** The system's resolver: every address of a name. */
export type Lookup = (name: string) => Promise<readonly LookupAddress[]>;

/**
 * The addresses of one name, looked up in quiet times and kept: when the table is full, a lookup is a new connection like
 * any other and would hang. Addresses that cannot be had anew stay what they were.
 */
export class DnsCache {
  readonly #name: string;
  readonly #lookup: Lookup;
  #addresses: readonly LookupAddress[] = [];
  #problem: Error | undefined;
  #running: Promise<void> | undefined;

  constructor(name: string, lookup: Lookup) {
    this.#name = name;
    this.#lookup = lookup;
    const family = isIP(name);
    if (family !== 0) this.#addresses = [{ address: name, family }];
  }

  get areKnown(): boolean {
    return this.#addresses.length > 0;
  }

  /** Never rejects; `dial` tells what went wrong. One lookup at a time, however long it takes. */
  refresh(): Promise<void> {
    if (isIP(this.#name) !== 0) return Promise.resolve();
    this.#running ??= this.#ask().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** For `net.connect`: answers from memory. */
  readonly dial: LookupFunction = (_name, { all }, callback) => {
    const [first] = this.#addresses;
    if (first === undefined) callback(this.#unknown(), []);
    else if (all) callback(null, [...this.#addresses]);
    else callback(null, first.address, first.family);
  };

  async #ask(): Promise<void> {
    try {
      const addresses = await this.#lookup(this.#name);
      if (addresses.length > 0) this.#addresses = addresses;
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error : new Error(String(error));
    }
  }

  #unknown(): Error {
    return new Error(this.#problem?.message ?? `no address is known for "${this.#name}"`);
  }
}
