import type { Subject } from './subject.ts';
import { ALARMS } from './subjects/alarms.ts';
import { ALERTMANAGER } from './subjects/alertmanager.ts';
import { COUNTER_DUMP } from './subjects/counter-dump.ts';
import { FLAGS_SUBJECT } from './subjects/flags.ts';
import { FLOW_DUMP } from './subjects/flow-dump.ts';
import { HTTP } from './subjects/http.ts';
import { ACCEPT, QUERY } from './subjects/negotiation.ts';
import { PROCFS } from './subjects/procfs.ts';
import { TOTALS } from './subjects/totals.ts';
import { VISIBLE_TEXT } from './subjects/visible-text.ts';
import { WEB_CONFIG } from './subjects/web-config.ts';

/** Everything that reads what somebody else has written. `share` is its part of all inputs, by what one costs. */
export const SUBJECTS: readonly { readonly subject: Subject; readonly share: number }[] = [
  { subject: FLOW_DUMP, share: 0.1 },
  { subject: COUNTER_DUMP, share: 0.15 },
  { subject: PROCFS, share: 0.1 },
  { subject: TOTALS, share: 0.1 },
  { subject: FLAGS_SUBJECT, share: 0.1 },
  { subject: WEB_CONFIG, share: 0.05 },
  { subject: ACCEPT, share: 0.15 },
  { subject: QUERY, share: 0.15 },
  { subject: VISIBLE_TEXT, share: 0.08 },
  { subject: HTTP, share: 0.01 },
  { subject: ALERTMANAGER, share: 0.005 },
  { subject: ALARMS, share: 0.005 },
];
