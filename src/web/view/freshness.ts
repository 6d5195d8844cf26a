/** How old the numbers on the page are, and whether it is being updated. */
export type Freshness = {
  /** `static`: made by the server, without a script. `live`: updated by the agent. `lost`: not updated any more. */
  readonly link: 'static' | 'live' | 'lost';
  /** Since the status was made. */
  readonly ageSeconds: number;
  /** Lowest and highest count the chart shows. */
  readonly range?: { readonly seconds: number; readonly lowest: number; readonly highest: number } | undefined;
};

/** "now", "12 s ago", "3 min ago", "2 h ago". */
export function ago(seconds: number): string {
  if (seconds < 2) return 'now';
  if (seconds < 120) return `${Math.floor(seconds)} s ago`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}

/** The time of day in UTC out of ISO 8601. */
export function timeOfDay(at: string): string {
  return `${at.slice(11, 19)} UTC`;
}
