/** The command line taken apart: words, flags with their text, and what cannot be a flag. Nothing is parsed here. */
import { nearest } from './nearest.ts';
import type { Option } from './option.ts';
import { quoted } from './option-values.ts';
import { OPTION_ENTRIES, type OptionKey } from './options.ts';

/** A value the operator gave. */
export type Given = {
  readonly key: OptionKey;
  readonly text: string;
  /** The flag or variable, as a problem names it. */
  readonly as: string;
};

export type Arguments = {
  readonly words: readonly string[];
  /** Help or version was asked for, which settles everything else. */
  readonly asked: 'help' | 'version' | undefined;
  readonly given: readonly Given[];
  readonly problems: readonly string[];
};

type Flag = { readonly key: OptionKey; readonly kind: Option['kind']; readonly negated: boolean };

/** A map and not an object: `--constructor` must be as unknown as any other. */
const FLAGS: ReadonlyMap<string, Flag> = new Map(
  OPTION_ENTRIES.flatMap(([key, { flag, kind }]): [string, Flag][] => [
    [`--${flag}`, { key, kind, negated: false }],
    ...(kind === 'switch' ? [[`--no-${flag}`, { key, kind, negated: true }] satisfies [string, Flag]] : []),
  ]),
);

/** `--flag=value`, `--flag value`, `--switch`, `--no-switch`; after `--` everything is a word. */
export function readArguments(argv: readonly string[]): Arguments {
  const rest = [...argv];
  const words: string[] = [];
  const given: Given[] = [];
  const problems: string[] = [];
  let asked: Arguments['asked'];
  for (let token = rest.shift(); token !== undefined; token = rest.shift()) {
    if (token === '--') words.push(...rest.splice(0));
    else if (!token.startsWith('-') || token === '-') words.push(token);
    else if (token === '-h' || token === '--help') asked = 'help';
    else if (token === '--version') asked ??= 'version';
    else {
      const taken = takeFlag(token, rest);
      if (typeof taken === 'string') problems.push(taken);
      else given.push(taken);
    }
  }
  return { words, asked: words[0] === 'help' ? 'help' : asked, given, problems };
}

/** The flag with its text, which may be the next of `rest`, or what is wrong with it. */
function takeFlag(token: string, rest: string[]): Given | string {
  const equals = token.indexOf('=');
  const name = equals === -1 ? token : token.slice(0, equals);
  const text = equals === -1 ? undefined : token.slice(equals + 1);
  const flag = FLAGS.get(name);
  if (flag === undefined) return unknownFlag(name);
  if (flag.negated && text !== undefined) return `${name}: expected no value, got ${quoted(text)}`;
  const given = { key: flag.key, as: name };
  if (flag.kind === 'switch') return { ...given, text: text ?? String(!flag.negated) };
  if (text !== undefined) return { ...given, text };
  if (rest[0] === undefined) return `${name}: expected a value after it, got nothing`;
  // Taking the next flag for a value would hide both mistakes.
  if (rest[0].startsWith('-')) return `${name}: expected a value after it, got the flag ${quoted(rest[0])}`;
  return { ...given, text: rest.shift()! };
}

function unknownFlag(name: string): string {
  const bare = (flag: string) => flag.replace(/^-+/, '');
  const near = nearest(bare(name).toLowerCase(), [...FLAGS.keys()].map(bare));
  const shown = /^[\w.-]+$/.test(name) ? name : quoted(name);
  return `${shown}: unknown flag${near === undefined ? '' : `, did you mean --${near}?`}`;
}
