import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

/** The system's resolver: every address of a name. */
export type Lookup = (name: string) => Promise<readonly LookupAddress[]>;

/**
 * The addresses of one name, looked up before they are needed and kept: when the table is full, a DNS request is dropped like
 * any other new connection. When a lookup fails, the addresses of the last one stay in use.
 */
export class DnsCache {
  readonly #name: string;
  readonly #systemLookup: Lookup;
  #addresses: readonly LookupAddress[] = [];
  #problem: Error | undefined;
  #running: Promise<void> | undefined;

  constructor(name: string, lookup: Lookup) {
    this.#name = name;
    this.#systemLookup = lookup;
    const family = isIP(name);
    if (family !== 0) this.#addresses = [{ address: name, family }];
  }

  get areKnown(): boolean {
    return this.#addresses.length > 0;
  }

  /** Never rejects; `lookup` reports what went wrong. One refresh at a time, however long it takes. */
  refresh(): Promise<void> {
    if (isIP(this.#name) !== 0) return Promise.resolve();
    this.#running ??= this.#refreshNow().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** For `net.connect`: answers from memory. */
  readonly lookup: LookupFunction = (_name, { all }, callback) => {
    const [first] = this.#addresses;
    if (first === undefined) callback(this.#noAddressError(), []);
    else if (all) callback(null, [...this.#addresses]);
    else callback(null, first.address, first.family);
  };

  async #refreshNow(): Promise<void> {
    try {
      const addresses = await this.#systemLookup(this.#name);
      if (addresses.length > 0) this.#addresses = addresses;
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error : new Error(String(error));
    }
  }

  #noAddressError(): Error {
    return this.#problem ?? new Error(`no address is known for "${this.#name}"`);
  }
}
