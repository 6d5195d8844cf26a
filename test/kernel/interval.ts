/** What an interval that holds 95 % of cases is to hold in a test, which must not fail once in 20 runs. */

export type Interval = { readonly low: number; readonly high: number };

/** Whether an interval of twice the width would hold it: in all but 1 of 10,000 cases, where one is as wide as it says. */
export function isWithinTwice({ low, high }: Interval, truth: number): boolean {
  return Math.abs(truth - (low + high) / 2) <= high - low;
}
