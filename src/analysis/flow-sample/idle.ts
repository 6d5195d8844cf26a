import type { IdleTotal } from '../../model/flow-sample.ts';
import type { Sample } from './interval.ts';
import { shareOf } from './share.ts';

/** nf_conntrack_tcp_timeout_max_retrans and nf_conntrack_tcp_timeout_unacknowledged when nobody has set them. */
const UNSURE_SECONDS = 300;

/** Ten minutes, an hour, and the day that kube-proxy sets the timeout to. */
export const IDLE_SECONDS = [600, 3600, 86_400] as const;

/** What tells how long an established TCP flow has been idle: each of its packets sets its timeout back to the full. */
export type IdleRule = {
  readonly timeoutSeconds: number;
  /**
   * A flow with retransmitted or unacknowledged data waits for so long at most, whatever its state. One with less than
   * this left may be one of those, so it is not judged; a truly idle one passes here at the very end of its life.
   */
  readonly unsureSeconds: number;
};

type Timeout = { readonly protocol: string; readonly state: string; readonly seconds: number };

/** Undefined where the timeout of established TCP flows is not known. */
export function idleRuleOf(timeouts: readonly Timeout[]): IdleRule | undefined {
  const seconds = (state: string) => timeouts.find((it) => it.protocol === 'tcp' && it.state === state)?.seconds;
  const timeoutSeconds = seconds('established');
  if (timeoutSeconds === undefined) return undefined;
  const unsure = Math.max(seconds('max_retrans') ?? UNSURE_SECONDS, seconds('unacknowledged') ?? UNSURE_SECONDS);
  return { timeoutSeconds, unsureSeconds: unsure };
}

/** Counts established TCP flows by how long they have been idle. */
export class IdleCount {
  #rule: IdleRule | undefined;
  readonly #counts = new Uint32Array(IDLE_SECONDS.length);
  #longest = -1;

  clear(rule: IdleRule | undefined): void {
    this.#rule = rule;
    this.#counts.fill(0);
    this.#longest = -1;
  }

  /** @param leftSeconds timeout of an established TCP flow; negative when the kernel did not tell */
  add(leftSeconds: number): void {
    if (this.#rule === undefined || leftSeconds <= this.#rule.unsureSeconds) return;
    const idle = Math.max(0, this.#rule.timeoutSeconds - leftSeconds); // Below 0 after the sysctl was lowered.
    for (let i = 0; i < IDLE_SECONDS.length; i += 1) if (idle > IDLE_SECONDS[i]!) this.#counts[i]! += 1;
    if (idle > this.#longest) this.#longest = idle;
  }

  get longestSeconds(): number | undefined {
    return this.#longest < 0 ? undefined : this.#longest;
  }

  totals(sample: Sample): IdleTotal[] | undefined {
    if (this.#rule === undefined) return undefined;
    return IDLE_SECONDS.map((overSeconds, i) => {
      return { overSeconds, ...shareOf({ count: this.#counts[i]!, missed: 0 }, sample) };
    });
  }
}
