import { type Option, quoted } from './option-values.ts';
import { OPTION_ENTRIES, type OptionKey, VARIABLE_PREFIX, variableOf } from './options.ts';

/** The command line taken apart: words, flags with their text, and what cannot be a flag. Nothing is parsed here. */

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
  if (flag.kind === 'optional' && (rest[0] ?? '-').startsWith('-')) return { ...given, text: '' };
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

/** The same flags from the environment. */

export type Environment = Readonly<Record<string, string | undefined>>;

type Variables = { readonly given: readonly Given[]; readonly warnings: readonly string[] };

/**
 * Kubernetes puts the address of every Service of the namespace into each of its pods. One for a Service named
 * conntrack-agent has our prefix and is nobody's mistake (kubernetes pkg/kubelet/envvars/envvars.go).
 */
const INJECTED_BY_KUBERNETES = /^(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)$/;

export function readVariables(env: Environment): Variables {
  const given: Given[] = [];
  for (const [key, { flag, kind, variable }] of OPTION_ENTRIES) {
    const ours = variableOf(flag);
    const name = env[ours] !== undefined ? ours : variable;
    const text = name === undefined ? undefined : env[name];
    if (text === undefined || (name !== ours && text === '')) continue;
    const texts = kind === 'list' ? text.split(',').map((part) => part.trim()) : [text];
    given.push(...texts.map((part) => ({ key, text: part, as: `${name} (--${flag})` })));
  }
  return { given, warnings: unknownVariables(env) };
}

/** Only warned about: a variable left over from another version must not keep a node unwatched. */
function unknownVariables(env: Environment): string[] {
  const known = OPTION_ENTRIES.map(([, { flag }]) => variableOf(flag));
  return Object.keys(env)
    .filter((name) => name.startsWith(VARIABLE_PREFIX) && !known.includes(name))
    .filter((name) => !INJECTED_BY_KUBERNETES.test(name.slice(VARIABLE_PREFIX.length)))
    .map((name) => {
      const near = nearest(name, known);
      const shown = /^\w+$/.test(name) ? name : quoted(name);
      return `${shown}: unknown variable${near === undefined ? '' : `, did you mean ${near}?`}`;
    });
}

/** The candidate a mistyped word most likely meant; undefined when none is close enough to be worth naming. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: distanceTo(candidate, word) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 4)))
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** A flag without its first word (`--telemetry-path`) is no further away than one typing mistake. */
function distanceTo(candidate: string, word: string): number {
  if (word.length > 0 && candidate.endsWith(`.${word}`)) return 1;
  // Also bounds the work: the word may be anything, of any length.
  if (Math.abs(candidate.length - word.length) > candidate.length / 4) return Infinity;
  return editDistance(candidate, word);
}

/** Levenshtein: insertions, deletions and substitutions. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [row, char] of [...a].entries()) {
    const line = [row + 1];
    for (let i = 0; i < b.length; i++) {
      line.push(Math.min(above[i + 1]! + 1, line[i]! + 1, above[i]! + (char === b[i] ? 0 : 1)));
    }
    above = line;
  }
  return above[b.length]!;
}
