/** A network driver of a script behind SIOCETHTOOL, answering as net/ethtool/ioctl.c does. */
import { constants } from 'node:os';
import { EthtoolRefusal, type EthtoolRequest, type EthtoolTransport } from '../../../src/host/cloud/ethtool.ts';

const [GSTRINGS, GSTATS, GSSET_INFO] = [0x1b, 0x1d, 0x37];
const NAME_BYTES = 32;

/** Counters in the driver's order; what is wrong with it; or none at all. */
export type Device = {
  counters: [name: string, value: bigint][];
  /** Of GSSET_INFO, where it is not how many there are. */
  claims?: number;
  /** Of GSTATS, as an old kernel writes them into whatever room there is. */
  values?: number;
  errno?: number;
  /** Called before each answer. */
  onAsked?: (command: number) => void;
};

export class ScriptedDriver implements EthtoolTransport {
  readonly devices = new Map<string, Device>();
  readonly asked: string[] = [];
  isClosed = false;

  add(name: string, counters: Device['counters'], rest: Partial<Device> = {}): Device {
    const device = { counters, ...rest };
    this.devices.set(name, device);
    return device;
  }

  async ask(name: string, request: EthtoolRequest): Promise<DataView> {
    const answer = new DataView(new ArrayBuffer(1024 * 1024));
    request(answer);
    const command = answer.getUint32(0, true);
    this.asked.push(`${name} ${{ [GSSET_INFO]: 'count', [GSTRINGS]: 'names', [GSTATS]: 'values' }[command]}`);
    this.devices.get(name)?.onAsked?.(command);
    const device = this.devices.get(name);
    if (device === undefined) throw new EthtoolRefusal(constants.errno.ENODEV);
    if (device.errno !== undefined) throw new EthtoolRefusal(device.errno);
    this.#answer(device, command, answer);
    return answer;
  }

  close(): void {
    this.isClosed = true;
  }

  #answer({ counters, claims, values }: Device, command: number, answer: DataView): void {
    if (command === GSSET_INFO) {
      const count = claims ?? counters.length;
      if (count === 0) answer.setBigUint64(8, 0n, true);
      answer.setUint32(16, count, true);
    } else if (command === GSTRINGS) {
      answer.setUint32(8, counters.length, true);
      for (const [i, [name]] of counters.entries()) {
        new Uint8Array(answer.buffer).set(Buffer.from(name).subarray(0, NAME_BYTES), 12 + i * NAME_BYTES);
      }
    } else {
      answer.setUint32(4, values ?? counters.length, true);
      for (const [i, [, value]] of counters.entries()) answer.setBigUint64(8 + i * 8, value, true);
    }
  }
}

/** Of an ENA 2.13 with these queues, as `ethtool -S` of an instance lists them: drivers/net/ethernet/amazon/ena/ena_ethtool.c. */
export function enaCounters(
  available: bigint | undefined,
  exceeded: bigint | undefined,
  queues = 2,
): Device['counters'] {
  const global = ['tx_timeout', 'suspend', 'resume', 'wd_expired', 'interface_up', 'interface_down', 'admin_q_pause'];
  const own: Device['counters'] = [
    ['bw_in_allowance_exceeded', 211n],
    ['bw_out_allowance_exceeded', 223n],
    ['pps_allowance_exceeded', 0n],
    ...(exceeded === undefined ? [] : [['conntrack_allowance_exceeded', exceeded] as [string, bigint]]),
    ['linklocal_allowance_exceeded', 229n],
    ...(available === undefined ? [] : [['conntrack_allowance_available', available] as [string, bigint]]),
  ];
  const perQueue = ['tx_cnt', 'tx_bytes', 'tx_queue_stop', 'rx_cnt', 'rx_bytes', 'rx_csum_good'];
  const ofQueues = Array.from({ length: queues }, (_, i) => perQueue.map((name) => `queue_${i}_${name}`)).flat();
  const rest = [...ofQueues, 'ena_admin_q_aborted_cmd', 'ena_admin_q_submitted_cmd'];
  return [
    ...global.map((name) => [name, 1n] as [string, bigint]),
    ...own,
    ...rest.map((name) => [name, 7n] as [string, bigint]),
  ];
}
