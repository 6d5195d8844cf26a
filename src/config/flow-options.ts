/** The flags of the flow sample, and of the command that shows it. */

import { RANKINGS } from '../model/flow-sample.ts';
import type { Option } from './option.ts';
import { boolean, oneOf, wholeNumberIn } from './option-values.ts';
import { cronSchedule } from './schedule-value.ts';

export const FLOW_OPTIONS = {
  collectFlows: {
    flag: 'collector.flows',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: 'Export who fills the table, from a sample of its flows; takes CAP_NET_ADMIN',
  },
  flowsSchedule: {
    flag: 'flows.schedule',
    kind: 'single',
    value: cronSchedule,
    fallback: '*/30 * * * * *',
    help: 'When a flow sample is taken',
  },
  sampleSize: {
    flag: 'flows.sample-size',
    kind: 'single',
    value: wholeNumberIn(0, 100_000_000),
    fallback: '20000',
    help: 'Flows read for one flow sample; 0 reads every flow',
  },
  flowsTop: {
    flag: 'flows.top',
    kind: 'single',
    value: wholeNumberIn(1, 100),
    fallback: '20',
    help: 'Sources, destinations and prefixes listed; /metrics has 20 of each at most',
  },
  by: {
    flag: 'by',
    kind: 'single',
    value: oneOf([...RANKINGS, 'netns']),
    fallback: undefined,
    help: 'Of flows: show this ranking alone, and all of it; netns ranks network namespaces, which takes hostPID and no capability',
  },
  watch: {
    flag: 'watch',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: 'Of flows: take a flow sample every two seconds and redraw it, until Ctrl-C',
  },
  json: {
    flag: 'json',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: 'Of flows: print JSON, with --watch a line per flow sample',
  },
} as const satisfies Record<string, Option>;
