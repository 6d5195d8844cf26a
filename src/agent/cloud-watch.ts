import { findAllowanceDevices, readAllowances } from '../host/cloud/cloud-allowance.ts';
import type { Ethtool } from '../host/cloud/ethtool.ts';
import type { ProcFs } from '../host/procfs/proc-fs.ts';
import type { CloudReading } from '../model/cloud-allowance.ts';
import type { Log } from '../model/log.ts';
import { Poller } from '../system/poller.ts';
import { ProblemLog } from '../system/problem-log.ts';
import type { ProcessContext } from './context.ts';
import type { Subsystem } from './subsystem.ts';

/** Interfaces come and go rarely; a scan reads a link of each. */
const FIND_MS = 30_000;
/** The pause between two readings. */
const READ_MS = 2000;

export type CloudWatchParts = {
  readonly log: Log;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** Called once there is a device, and not before: it loads libc. @throws OperatorError. */
  readonly openEthtool: () => Promise<Ethtool>;
  readonly onReading: (readings: readonly CloudReading[], atMs: number) => void;
  readonly find?: () => readonly string[];
};

/** Reads the cloud's allowance time and again where a network driver tells it; elsewhere looks for such a driver and does no more. */
export class CloudWatch implements Subsystem {
  readonly #parts: CloudWatchParts;
  readonly #find: () => readonly string[];
  #devices: readonly string[] = [];
  #foundAtMs = Number.NEGATIVE_INFINITY;
  #ethtool: Ethtool | undefined;
  readonly #poller = new Poller({
    run: () => this.read(),
    pauseMs: () => (this.#devices.length > 0 ? READ_MS : FIND_MS),
  });
  readonly #problems: ProblemLog;

  constructor(parts: CloudWatchParts) {
    this.#parts = parts;
    this.#problems = new ProblemLog(parts.log);
    this.#find = parts.find ?? findAllowanceDevices;
  }

  start(): void {
    this.#poller.start();
  }

  stop(): void {
    void this.#poller.stop();
    this.#ethtool?.close();
  }

  /** Never rejects. */
  async read(): Promise<void> {
    const { clock, onReading, openEthtool } = this.#parts;
    try {
      this.#findAgain(clock());
      if (this.#devices.length === 0) return;
      this.#ethtool ??= await openEthtool();
      if (this.#poller.isStopped) return this.#ethtool.close();
      const { readings, problem } = await readAllowances(this.#ethtool, this.#devices);
      if (this.#poller.isStopped) return;
      onReading(readings, clock());
      if (problem !== undefined) throw problem;
      this.#problems.succeeded("the cloud's allowance can be read again");
    } catch (error) {
      this.#problems.failed(error, "the cloud's allowance is not known, and all else goes on");
    }
  }

  #findAgain(nowMs: number): void {
    if (nowMs - this.#foundAtMs < FIND_MS) return;
    this.#foundAtMs = nowMs;
    const devices = this.#find();
    if (devices.join() !== this.#devices.join()) {
      this.#parts.log.info({ devices }, "network interfaces that may tell the cloud's allowance of connections");
    }
    this.#devices = devices;
  }
}

/** Undefined where the procfs is a copy: the network drivers are those of this machine. */
export function createCloudWatch(
  proc: ProcFs,
  onReading: CloudWatchParts['onReading'],
  { log, clock }: Pick<ProcessContext, 'log' | 'clock'>,
): CloudWatch | undefined {
  if (!proc.isKernel()) return undefined;
  const openEthtool = async () => (await import('../host/cloud/ethtool-socket.ts')).openEthtool();
  return new CloudWatch({ log, clock, openEthtool, onReading });
}
