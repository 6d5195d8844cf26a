import { COMMANDS, defaultText, flagText, OPTION_ENTRIES, variableOf } from './options.ts';

/** What `--help` prints, from the table of options. */

const WIDTH = 96;
const INDENT = 2;

export function helpText(): string {
  const flags = OPTION_ENTRIES.map(([, option]): Row => {
    const traits = [
      option.value.expected,
      option.kind === 'list' ? 'repeatable' : '',
      `default ${defaultText(option)}`,
    ];
    if (option.kind === 'switch') traits.shift();
    return [flagText(option), `${option.help} (${traits.filter((trait) => trait !== '').join('; ')})`];
  });
  return `${[
    'Usage: conntrack-agent [command] [flags]',
    section('Commands', Object.entries(COMMANDS)),
    section('Flags', [...flags, ['--version', 'Print the version'], ['-h, --help', 'Print this']]),
    wrap(
      `Every flag is also a variable: --web.keep-alive is ${variableOf('web.keep-alive')}. A flag wins over its variable. A repeatable flag takes commas in its variable, a switch true or false.`,
      WIDTH,
    ).join('\n'),
    section('Exit codes', [
      [
        '0',
        'serve was stopped by a signal; healthcheck found the agent well, readycheck ready; flows showed them; doctor found nothing wrong',
      ],
      [
        '1',
        'serve could not start; healthcheck found the agent not well, readycheck not ready; flows may not list them; doctor has a warning, or could not look',
      ],
      ['2', 'doctor found something critical; or flags or variables are wrong, and all of the mistakes are listed'],
    ]),
    'Example:\n  conntrack-agent --web.listen-address=127.0.0.1:10098 --web.socket= --log.format=logfmt',
  ].join('\n\n')}\n`;
}

type Row = readonly [name: string, text: string];

/** Two columns, the right one wrapped. */
function section(title: string, rows: readonly Row[]): string {
  const left = Math.max(...rows.map(([name]) => name.length)) + INDENT;
  const lines = rows.flatMap(([name, text]) =>
    wrap(text, WIDTH - INDENT - left).map(
      (line, i) => `${' '.repeat(INDENT)}${(i === 0 ? name : '').padEnd(left)}${line}`,
    ),
  );
  return [`${title}:`, ...lines].join('\n');
}

/** Words of `text` in lines of at most `width`; a word longer than that gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
