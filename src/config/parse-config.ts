/** Command line and environment to one checked configuration; every mistake is reported at once, so that fixing a manifest takes one rollout. */
import { OperatorError } from '../model/operator-error.ts';
import { type Arguments, type Environment, type Given, nearest, readArguments, readVariables } from './arguments.ts';
import { conflicts, warningsOf } from './conflicts.ts';
import { BadValue, HOST_NAME, type Option, quoted } from './option-values.ts';
import {
  COMMANDS,
  type Command,
  type Config,
  OPTION_ENTRIES,
  type OptionKey,
  type Origins,
  type PartialSettings,
} from './options.ts';

/** Commands that take flags. */
type Runnable = Exclude<Command, 'help'>;

export type Invocation =
  | {
      readonly command: Runnable;
      readonly config: Config;
      /** One line each, in the grammar of the problems. */
      readonly warnings: readonly string[];
    }
  | { readonly command: 'help' | 'version' };

/** What is wrong with flags and variables; `message` carries all of it. */
export class ConfigError extends OperatorError {
  /** One line each: the flag or variable, what was expected, what was seen. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
    super([`Cannot use these flags: ${count}`, ...problems].join('\n  '), {
      remedy: 'Correct them and start again; conntrack-agent --help lists every flag',
    });
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** `argv` without the program; `hostName` stands in for a node name. @throws ConfigError. */
export function parseConfig(argv: readonly string[], env: Environment, hostName: string): Invocation {
  const args = readArguments(argv);
  if (args.asked !== undefined) return { command: args.asked };
  const variables = readVariables(env);
  const named = readCommand(args);
  const { settings, origins, problems } = settle(args.given, variables.given, hostName);
  const all = [...named.problems, ...args.problems, ...problems, ...conflicts(settings, origins, named.command)];
  if (all.length > 0) throw new ConfigError(all);
  // Without problems every option has settled.
  const config = { ...(settings as Required<PartialSettings>), given: new Set(origins.keys()) };
  return {
    command: named.command,
    config,
    warnings: [...variables.warnings, ...warningsOf(config, origins, named.command)],
  };
}

function readCommand({ words }: Arguments): { command: Runnable; problems: string[] } {
  const [word = 'serve', ...strays] = words;
  const problems = strays.map((stray) => `${quoted(stray)}: unexpected argument, the command is ${quoted(word)}`);
  if (isRunnable(word)) return { command: word, problems };
  const near = nearest(word, Object.keys(COMMANDS));
  const hint = near === undefined ? `expected one of ${Object.keys(COMMANDS).join(', ')}` : `did you mean ${near}?`;
  return { command: 'serve', problems: [`${quoted(word)}: unknown command, ${hint}`, ...problems] };
}

function isRunnable(word: string): word is Runnable {
  return word !== 'help' && Object.hasOwn(COMMANDS, word);
}

type Settled = { readonly settings: PartialSettings; readonly origins: Origins; readonly problems: readonly string[] };

/** One value for each option: from its flags, else its variable, else the fallback. What cannot be parsed is left out. */
function settle(flags: readonly Given[], variables: readonly Given[], hostName: string): Settled {
  const values: [OptionKey, unknown][] = [];
  const origins = new Map<OptionKey, string>();
  const problems: string[] = [];
  for (const [key, option] of OPTION_ENTRIES) {
    const own = flags.filter((flag) => flag.key === key);
    const given = own.length > 0 ? own : variables.filter((variable) => variable.key === key);
    if (given[0] !== undefined) origins.set(key, given[0].as);
    const repeated = option.kind === 'list' ? undefined : repetition(given);
    const wrong = repeated === undefined ? given.flatMap((one) => mistakeIn(option, one)) : [repeated];
    problems.push(...wrong);
    if (wrong.length === 0) values.push([key, settingOf(option, given, hostName)]);
  }
  // The table types each parser by its key; a list of pairs cannot say so.
  return { settings: Object.fromEntries(values) as PartialSettings, origins, problems };
}

function repetition(given: readonly Given[]): string | undefined {
  const [first, ...others] = given;
  if (first === undefined || others.length === 0) return undefined;
  const other = others.find(({ as }) => as !== first.as);
  return other === undefined
    ? `${first.as}: expected once, got it ${given.length} times`
    : `${first.as}: contradicts ${other.as}`;
}

function mistakeIn({ value }: Option, { text, as }: Given): string[] {
  try {
    value.parse(text);
    return [];
  } catch (error) {
    if (error instanceof BadValue) return [`${as}: ${error.message}`];
    throw error;
  }
}

function settingOf({ kind, value, fallback }: Option, given: readonly Given[], hostName: string): unknown {
  if (given.length === 0 && fallback === HOST_NAME) return hostName;
  const texts = given.length > 0 ? given.map(({ text }) => text) : typeof fallback === 'string' ? [fallback] : [];
  const values = texts.map((text) => value.parse(text));
  return kind === 'list' ? values : values[0];
}
