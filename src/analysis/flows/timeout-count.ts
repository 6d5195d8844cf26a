import { type IdleTotal, type LongestIdle, type TimeoutEffect, timeoutName, type WhatIf } from '../../model/flows.ts';
import type { Key } from '../../model/text/address.ts';
import { NORMAL_95, type SampleSize, shareOf, type Tally } from './confidence-interval.ts';
import type { FlowsInTable } from './expired-entries.ts';
import { destinationLabel } from './ranking.ts';
import { SLOTS, type StateCount } from './states.ts';
import { type AskedTimeouts, IDLE_SECONDS, isEstablished, type TimeoutRule } from './timeout-rules.ts';

const NO_RULE = 255;

/**
 * Counts, for each timeout, the entries that have been idle for longer than a shorter value of it. How long an entry has
 * been idle follows from what its timer has left, for each packet sets the timer back to the whole timeout. The kernel rounds
 * what is left down to seconds, as does the comparison, so that nothing is counted wrongly.
 */
export class TimeoutCount {
  #rules: readonly TimeoutRule[] = [];
  /** By slot: the index of its rule. */
  readonly #ruleOf = new Uint8Array(SLOTS).fill(NO_RULE);
  #seconds = new Float64Array(0);
  #unsureSeconds = new Float64Array(0);
  /** Of rule r from #limitsFrom[r] to #limitsFrom[r + 1]. */
  #limits = new Float64Array(0);
  #limitsFrom = new Int32Array(1);
  /** By limit: entries idle for longer. */
  #over = new Uint32Array(0);
  /** By rule: entries with a timer that may be another one's. */
  #unsure = new Uint32Array(0);
  #longestIdle: readonly TopIdle[] = [];
  /** The same of entries whose timer may be from before the timeout was raised: old in either case, idle in one of them. */
  #raisedFrom = new Float64Array(0);
  #oldOver = new Uint32Array(0);
  #old = new Uint32Array(0);
  #oldLongestIdle: readonly TopIdle[] = [];
  /** By rule: other entries that have been idle for nearly as long. */
  #nearlyAsOld = new Uint32Array(0);

  clear(rules: readonly TimeoutRule[]): void {
    this.#rules = rules;
    this.#ruleOf.fill(NO_RULE);
    rules.forEach(({ slots }, i) => {
      for (const slot of slots) this.#ruleOf[slot] = i;
    });
    this.#seconds = Float64Array.from(rules, ({ timeout }) => timeout.seconds);
    this.#unsureSeconds = Float64Array.from(rules, ({ unsureSeconds }) => unsureSeconds);
    this.#limits = Float64Array.from(rules.flatMap(({ limits }) => limits));
    this.#limitsFrom = new Int32Array(rules.length + 1);
    rules.forEach(({ limits }, i) => {
      this.#limitsFrom[i + 1] = this.#limitsFrom[i]! + limits.length;
    });
    this.#over = new Uint32Array(this.#limits.length);
    this.#unsure = new Uint32Array(rules.length);
    this.#longestIdle = rules.map(() => new TopIdle());
    this.#raisedFrom = Float64Array.from(rules, ({ raisedFrom }) => raisedFrom);
    this.#oldOver = new Uint32Array(this.#limits.length);
    this.#old = new Uint32Array(rules.length);
    this.#oldLongestIdle = rules.map(() => new TopIdle());
    this.#nearlyAsOld = new Uint32Array(rules.length);
  }

  /**
   * @param leftSeconds negative when the kernel gave none, as of an offloaded flow
   * @param a the first of the words of the destination's key
   */
  add(slot: number, leftSeconds: number, a: number, b: number, c: number, d: number, e: number): void {
    const rule = this.#ruleOf[slot]!;
    if (rule === NO_RULE || leftSeconds < 0) return;
    if (leftSeconds <= this.#unsureSeconds[rule]!) {
      this.#unsure[rule]! += 1;
      return;
    }
    // Below 0 where the timer is longer than the timeout: set before that was lowered, or by a rule for these flows alone.
    const idle = Math.max(0, this.#seconds[rule]! - leftSeconds);
    const isOld = leftSeconds <= this.#raisedFrom[rule]!;
    if (isOld) this.#old[rule]! += 1;
    else if (idle > this.#halfWay(rule)) this.#nearlyAsOld[rule]! += 1;
    const over = isOld ? this.#oldOver : this.#over;
    const to = this.#limitsFrom[rule + 1]!;
    for (let i = this.#limitsFrom[rule]!; i < to && idle > this.#limits[i]!; i += 1) over[i]! += 1;
    const longest = (isOld ? this.#oldLongestIdle : this.#longestIdle)[rule]!;
    if (idle > longest.least) longest.add(idle, a, b, c, d, e);
  }

  effects(states: StateCount, sample: SampleSize): TimeoutEffect[] {
    return this.#rules.map(({ timeout, shorter, slots }, rule) => ({
      ...timeout,
      entries: shareOf({ count: states.countOf(slots), missed: 0 }, sample),
      shorter: shorter.map((seconds) => ({ seconds, ...shareOf(this.#tallyOf(rule, seconds), sample) })),
      longestIdle: this.#idleRows(rule).map(
        ({ key, seconds }): LongestIdle => ({ ...destinationLabel(key), idleSeconds: seconds }),
      ),
      ...(this.#isUnclear(rule) && { raisedFrom: this.#raisedFrom[rule]! }),
    }));
  }

  /** Idle times of which half of those that an old timer would show lie above. */
  #halfWay(rule: number): number {
    return (this.#seconds[rule]! - this.#raisedFrom[rule]!) / 2;
  }

  /**
   * Whether old entries may have been in use a moment ago: the timeout was seen to be raised, or hardly any entry is nearly as old. Connections
   * that are forgotten one after the other are of every age.
   */
  #isUnclear(rule: number): boolean {
    const old = this.#old[rule]!;
    if (old === 0) return false;
    if (this.#rules[rule]!.isRaised) return true;
    const all = old + this.#nearlyAsOld[rule]!;
    const expected = this.#halfWay(rule) / (this.#halfWay(rule) + this.#raisedFrom[rule]!);
    return (
      this.#nearlyAsOld[rule]! / all < expected && all * divergence(this.#nearlyAsOld[rule]! / all, expected) > SURE
    );
  }

  /** Longest first. */
  #idleRows(rule: number): TopIdle['rows'] {
    const sure = this.#longestIdle[rule]!.rows;
    if (this.#isUnclear(rule)) return sure;
    const names = new Set<string>();
    const rows = [...this.#oldLongestIdle[rule]!.rows, ...sure].filter(({ key }) => {
      const isNew = !names.has(key.join());
      names.add(key.join());
      return isNew;
    });
    return rows.slice(0, Math.max(sure.length, this.#oldLongestIdle[rule]!.rows.length));
  }

  /** Undefined where the timeout of established TCP flows is not known, or may have been raised since their last packet. */
  idle(sample: SampleSize): IdleTotal[] | undefined {
    const rule = this.#rules.findIndex(({ timeout }) => isEstablished(timeout));
    if (rule === -1 || this.#isUnclear(rule)) return undefined;
    return IDLE_SECONDS.map((overSeconds) => {
      const { count } = this.#tallyOf(rule, overSeconds);
      return { overSeconds, ...shareOf({ count, missed: 0 }, sample) };
    });
  }

  get longestIdleSeconds(): number | undefined {
    const rule = this.#rules.findIndex(({ timeout }) => isEstablished(timeout));
    return rule === -1 ? undefined : this.#idleRows(rule)[0]?.seconds;
  }

  /** The values asked for together: no entry has two timeouts, so what they free adds up. */
  whatIf(asked: AskedTimeouts, sample: SampleSize, inTable: FlowsInTable | undefined): WhatIf {
    const tallies = this.#rules.flatMap(({ timeout, shorter }, rule) =>
      asked.has(timeoutName(timeout)) ? shorter.map((seconds) => this.#tallyOf(rule, seconds)) : [],
    );
    const count = tallies.reduce((sum, tally) => sum + tally.count, 0);
    const missed = tallies.reduce((sum, tally) => sum + tally.missed, 0);
    const freed = shareOf({ count, missed }, sample);
    if (freed.flows === undefined || inTable === undefined) return { freed, left: undefined };
    const entries = inTable.flows - freed.flows;
    // The difference of two counts that chance makes (Poisson's) spreads by the root of their sum.
    const chance = NORMAL_95 * Math.sqrt(2 * entries);
    const low = Math.max(0, Math.floor(inTable.low * (1 - freed.high) - chance));
    return { freed, left: { entries, low, high: Math.ceil(inTable.high * (1 - freed.low) + chance) } };
  }

  /** An entry whose timer may be another one's is counted as missed: it may be one more. */
  #tallyOf(rule: number, seconds: number): Tally {
    const at = this.#limitsFrom[rule]! + this.#rules[rule]!.limits.indexOf(seconds);
    const [count, missed] = [this.#over[at]!, this.#unsure[rule]!];
    if (this.#isUnclear(rule)) return { count, missed: missed + this.#old[rule]! };
    return { count: count + this.#oldOver[at]!, missed };
  }
}

/** Chance makes so few as seldom as once in ten thousand tables (Chernoff's bound). */
const SURE = Math.log(1e4);

/** Kullback and Leibler's divergence of two shares. */
function divergence(seen: number, expected: number): number {
  const part = (a: number, b: number) => (a === 0 ? 0 : a * Math.log(a / b));
  return part(seen, expected) + part(1 - seen, 1 - expected);
}

/** Destinations kept. */
const KEPT = 3;
const KEY_WORDS = 5;

/** The destinations with the longest idle times, each once. */
class TopIdle {
  readonly #keys = new Int32Array(KEPT * KEY_WORDS);
  readonly #seconds = new Float64Array(KEPT);
  #size = 0;
  #least = -1;

  /** An idle time that is not above this changes nothing. */
  get least(): number {
    return this.#least;
  }

  add(seconds: number, a: number, b: number, c: number, d: number, e: number): void {
    const keys = this.#keys;
    let place = 0;
    for (let i = 0; i < this.#size; i += 1) {
      const at = i * KEY_WORDS;
      const isSame = keys[at + 3] === (d | 0) && keys[at + 4] === (e | 0) && keys[at] === (a | 0);
      if (isSame && keys[at + 1] === (b | 0) && keys[at + 2] === (c | 0)) {
        if (seconds <= this.#seconds[i]!) return;
        place = i;
        this.#put(place, seconds, a, b, c, d, e);
        return;
      }
      if (this.#seconds[i]! < this.#seconds[place]!) place = i;
    }
    if (this.#size < KEPT) {
      place = this.#size;
      this.#size += 1;
    }
    this.#put(place, seconds, a, b, c, d, e);
  }

  #put(place: number, seconds: number, a: number, b: number, c: number, d: number, e: number): void {
    this.#keys.set([a, b, c, d, e], place * KEY_WORDS);
    this.#seconds[place] = seconds;
    // As long as there is a free place, every idle time may be that of another destination.
    if (this.#size === KEPT) this.#least = Math.min(...this.#seconds);
  }

  /** Longest first. */
  get rows(): { readonly key: Key; readonly seconds: number }[] {
    const rows = Array.from({ length: this.#size }, (_, i) => {
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = this.#keys.slice(i * KEY_WORDS, (i + 1) * KEY_WORDS);
      return { key: [a >>> 0, b >>> 0, c >>> 0, d >>> 0, e >>> 0] as const, seconds: this.#seconds[i]! };
    });
    return rows.sort((x, y) => y.seconds - x.seconds);
  }
}
