/** What the agents tell of their tables, one series a node, of the nodes that `selector` selects. */
import { byNode, TEN_MINUTES } from './expressions.ts';
import { LOSSES, lossBy } from './losses.ts';

export const entries = (selector: string) => byNode(`conntrack_entries{${selector}}`);

/** A limit of 0 means unlimited on old kernels: there is no share of it. */
export const limit = (selector: string) => byNode(`conntrack_entries_limit{${selector}} > 0`);

/** Highest of the trailing minute. */
export const peak = (selector: string) => byNode(`conntrack_entries_peak{${selector}}`);

export const usagePeak = (selector: string) => `${peak(selector)} / ${limit(selector)}`;

/** At the worst moment of the trailing minute. */
export const headroom = (selector: string) => `${limit(selector)} - ${peak(selector)}`;

export const growth = (selector: string) => byNode(`conntrack_growth_entries_per_second{${selector}}`);

export const timeToFull = (selector: string) => byNode(`conntrack_time_to_full_seconds{${selector}}`, 'min');

export const tableFullDrops = (selector: string) =>
  byNode(lossBy('increase', TEN_MINUTES, LOSSES.table_full, selector));

export const insertFailures = (selector: string) =>
  byNode(lossBy('rate', TEN_MINUTES, LOSSES.insert_failures, selector));

/** As its interfaces tell it, each the same: no sum. */
export const cloudAvailable = (selector: string) => byNode(`conntrack_cloud_allowance_available{${selector}}`, 'min');

export const cloudDrops = (selector: string) =>
  byNode(`rate(conntrack_cloud_allowance_exceeded_total{${selector}}[$__rate_interval])`);

export const kubeProxyLimit = (selector: string) => byNode(`conntrack_kube_proxy_limit{${selector}}`);

export const sampleLag = (selector: string) => byNode(`conntrack_agent_sample_lag_seconds{${selector}}`);

export const isAnswering = (selector: string) => byNode(`up{${selector}}`);

export const isInHostNetns = (selector: string) => byNode(`conntrack_agent_in_host_netns{${selector}}`, 'min');

/** 1 where one of these sources can be read, 0 where none can. */
export const isRead = (source: string, selector: string) =>
  byNode(`conntrack_agent_source_up{source="${source}", ${selector}}`);

/** Of which `ids` is a regular expression. */
export const hasAlarm = (ids: string, selector: string) =>
  byNode(`conntrack_alarm_active{alarm=~"${ids}", ${selector}} == 1`);
