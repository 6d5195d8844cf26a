import { type Family, serviceText } from './address.ts';
import { percent } from './numbers.ts';

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
  /** Ports in use; scaled to the table where not all flows were read. */
  readonly used: number;
  /**
   * Ports of connections in TIME_WAIT that are not among `used`, since a new connection may take them over (Linux 6.5); left out
   * where the kernel does not do that.
   */
  readonly timeWait?: number | undefined;
  /** Ports that can be used, an estimate: see docs/insert-failures.md. */
  readonly usable: number;
  /** `used` of `usable`, 0 to 1, and its 95 % interval; one point where every flow was read. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
};

/** `10.0.0.5 to 192.0.2.1:443/tcp, 64 % of the ports` */
export function portsText({ address, destination, share, ...service }: SnatPortsUsed): string {
  const to = serviceText({ ...service, address: destination });
  return `${address} to ${to}, ${percent(share)} of the ports`;
}
