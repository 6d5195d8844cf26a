/** The flag of the fullest network namespaces; how many of them is --flows.top. */
import { boolean } from './option-values.ts';
import type { Option } from './options.ts';

export const NETNS_OPTIONS = {
  collectNetns: {
    flag: 'collector.netns',
    kind: 'switch',
    value: boolean,
    fallback: 'false',
    help: "Export the fullest network namespaces with their pods, as many as --flows.top; takes the node's processes (hostPID)",
  },
} as const satisfies Record<string, Option>;
