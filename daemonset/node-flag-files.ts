/** Files that start the agent: each has Node's flags as src/config/v8-flags.ts has them. */
import { readFileSync } from 'node:fs';
import { NODE_FLAGS } from '../src/config/v8-flags.ts';
import type { MadeFile } from './manifest-files.ts';

export const NODE_FLAG_FILES: readonly MadeFile[] = [
  '../Dockerfile',
  '../package.json',
  '../src/main.ts',
  'systemd/conntrack-agent.service',
].map((name) => {
  const file = new URL(name, import.meta.url);
  return { name, file, text: () => withNodeFlags(file) };
});

/** The flags side by side, as words of a command line or as strings of a list. */
const FLAGS = /--max-old-space-size=\d+(?:("?,? "?)--[a-z-]+(?:=\d+)?)+/g;

function withNodeFlags(file: URL): string {
  const text = readFileSync(file, 'utf8');
  if (text.search(FLAGS) < 0) throw new Error(`Cannot set Node's flags in "${file.pathname}": it has none`);
  return text.replace(FLAGS, (_, between: string) => NODE_FLAGS.join(between));
}
