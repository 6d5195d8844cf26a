import type { Family } from './address.ts';

/** Ports that source NAT uses from one address to one destination, as part of those it can use. */
export type SnatPortsUsed = {
  /** The address that the sources are translated to. */
  readonly address: string;
  /** Where the flows go in the end, after destination NAT. */
  readonly destination: string;
  /** Of the destination. */
  readonly port: number;
  readonly protocol: string;
  readonly family: Family;
  /** Ports in use; undefined where neither the entries are known nor all flows were read. */
  readonly used: number;
  /** Ports that can be used, an estimate: see docs/snat-ports.md. */
  readonly usable: number;
  /** `used` of `usable`, 0 to 1, and its 95 % interval; one point where every flow was read. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
};
