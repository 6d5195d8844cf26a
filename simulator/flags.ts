/** Flags of a program beside the agent, with the agent's kinds of value; all mistakes are told at once. */
import { parseArgs } from 'node:util';
import { BadValue, quoted, type Value } from '../src/config/option-values.ts';
import { OperatorError } from '../src/model/operator-error.ts';

type Flag<T> = { readonly value: Value<T>; readonly fallback: string; readonly help: string };
export type Flags = Readonly<Record<string, Flag<unknown>>>;
export type Settings<F extends Flags> = { readonly [K in keyof F]: ReturnType<F[K]['value']['parse']> };

/** `--name value` or `--name=value`. Undefined when help was asked for. Throws OperatorError. */
export function readFlags<F extends Flags>(flags: F, argv: readonly string[]): Settings<F> | undefined {
  const options = { help: { type: 'boolean', short: 'h' } } as Record<
    string,
    { type: 'string' | 'boolean'; short?: string }
  >;
  for (const name of Object.keys(flags)) options[name] = { type: 'string' };
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const given = new Map(Object.entries(flags).map(([name, { fallback }]) => [name, fallback]));
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`${quoted(token.value)}: unexpected argument`);
    if (token.kind !== 'option') continue;
    if (token.name === 'help') return undefined;
    if (flags[token.name] === undefined) problems.push(`${token.rawName}: unknown flag`);
    else if (token.value === undefined) problems.push(`${token.rawName}: expected a value after it, got nothing`);
    else given.set(token.name, token.value);
  }
  const settings = Array.from(given, ([name, text]) => [name, parsed(name, flags[name]!, text, problems)] as const);
  if (problems.length === 0) return Object.fromEntries(settings) as Settings<F>;
  throw new OperatorError([`Cannot use these flags:`, ...problems].join('\n  '), {
    remedy: 'Correct them and start again; --help lists every flag',
  });
}

function parsed<T>(name: string, { value }: Flag<T>, text: string, problems: string[]): T | undefined {
  try {
    return value.parse(text);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    problems.push(`--${name}: ${error.message}`);
    return undefined;
  }
}

/** One paragraph per flag. */
export function flagsHelp(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, { fallback, help, value }]) => {
    return `  --${name}\n      ${help}\n      ${value.expected}; ${fallback === '' ? 'none unless given' : `${fallback} unless given`}`;
  });
  return rows.join('\n');
}
