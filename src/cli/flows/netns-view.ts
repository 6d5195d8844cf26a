import { NetnsScanner } from '../../host/netns-entries.ts';
import { NodeReader } from '../../host/node-reader.ts';
import type { ProcFs } from '../../host/proc-fs.ts';
import { netnsJson } from './netns-json.ts';
import { netnsText } from './netns-text.ts';
import type { FlowsOptions, Look } from './view.ts';

export type NetnsLookParts = Pick<FlowsOptions, 'clock' | 'wallClock'> & {
  readonly node: string;
  /** Namespaces listed. */
  readonly top: number;
};

/** Looks by asking a process in each network namespace, which takes no capability. */
export function netnsLook(proc: ProcFs, { node, top, clock, wallClock }: NetnsLookParts): Look {
  const scanner = new NetnsScanner(proc);
  return async function look() {
    const reader = new NodeReader({ proc, clock });
    const { limit } = reader.sample();
    reader.close();
    const scan = await scanner.scan(top);
    return {
      text: (width) => netnsText({ node, scan, limit, width }),
      json: () => netnsJson({ node, scan, limit, wallMs: wallClock() }),
    };
  };
}
