import { OPTION_ENTRIES } from '../../../src/config/options.ts';
import { ConfigError, parseConfig } from '../../../src/config/parse-config.ts';
import { mutatedText, type Random } from '../random.ts';
import { hold, type Subject } from '../subject.ts';

const FLAGS = OPTION_ENTRIES.map(([, { flag }]) => flag);
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  '10ms',
  '1s',
  '15m',
  '0.9',
  '1e3',
  'NaN',
  'all',
  'none',
  'true',
  '/proc',
  ':10098',
  '[::1]:80',
  'http://a:9093',
  'a=b',
  '5/24',
  '*/5 * * * * *',
  'ctnetlink',
  'json',
  'x'.repeat(300),
];
const WORDS = [
  'serve',
  'flows',
  'doctor',
  'healthcheck',
  '--',
  '-',
  '--help',
  '--no-',
  '=',
  '\0',
  '\x1b[2J',
  '\u202e',
  '\n',
];

function argument(random: Random): string {
  const flag = random.pick(FLAGS);
  const text = random.pick([
    `--${flag}=${random.pick(VALUES)}`,
    `--${flag}`,
    `--no-${flag}`,
    random.pick(WORDS),
    random.pick(VALUES),
  ]);
  return random.chance(0.3) ? mutatedText(random, text, WORDS) : text;
}

export const FLAGS_SUBJECT: Subject = {
  name: 'flags',
  invariant: 'flags are taken, or all mistakes are told, each in one line that names its flag, variable or word',
  run(random) {
    const argv = Array.from({ length: random.below(6) }, () => argument(random));
    const variable = `CONNTRACK_AGENT_${random.pick(FLAGS).toUpperCase().replace(/[.-]/g, '_')}`;
    const env = random.chance(0.3) ? { [variable]: mutatedText(random, random.pick(VALUES), WORDS) } : {};
    try {
      const invocation = parseConfig(argv, env, 'node-1');
      if (!('config' in invocation)) return;
      const { sampleMs, listenAddresses } = invocation.config;
      hold(sampleMs >= 10 && sampleMs <= 10_000, () => `a sample every ${sampleMs} ms`);
      hold(
        listenAddresses.every(({ port }) => Number.isInteger(port) && port >= 0 && port < 65_536),
        () => 'a port',
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      hold(error.problems.length > 0, () => 'a mistake without a line');
      for (const problem of error.problems)
        hold(
          /^(-|CONNTRACK_AGENT_|"|')/.test(problem) && problem.includes(': '),
          () => `a mistake of nobody: ${problem}`,
        );
    }
  },
};
