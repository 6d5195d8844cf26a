/** The flag of the fullest network namespaces; how many of them is --flows.top. */

import type { Option } from './option.ts';
import { boolean } from './option-values.ts';

export const NETNS_OPTIONS = {
  collectNetns: {
    flag: 'collector.netns',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: "Export the fullest network namespaces with their pods, as many as --flows.top; takes the node's processes (hostPID)",
  },
} as const satisfies Record<string, Option>;
