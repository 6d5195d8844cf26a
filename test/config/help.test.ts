import { describe, expect, it } from 'vitest';
import { helpText } from '../../src/config/help.ts';
import { COMMANDS, OPTION_ENTRIES } from '../../src/config/options.ts';
import { parseConfig } from '../../src/config/parse-config.ts';

const lines = helpText().split('\n');

describe('helpText()', () => {
  it('fits a terminal of 96 columns', () => {
    expect(lines.filter((line) => line.length > 96)).toEqual([]);
  });

  it.each(OPTION_ENTRIES.map(([, option]) => option))(
    'explains --$flag with its default',
    ({ flag, kind, fallback }) => {
      const name = kind === 'switch' ? `--[no-]${flag}` : `--${flag}`;
      const at = lines.findIndex((line) => line.startsWith(`  ${name} `));
      const next = lines.findIndex((line, i) => i > at && !line.startsWith('     '));
      const entry = lines.slice(at, next).join(' ').replaceAll(/\s+/g, ' ');
      expect(at).toBeGreaterThan(0);
      expect(entry).toMatch(/[( ]default [^)]+\)$/);
      if (kind !== 'switch' && typeof fallback === 'string') expect(entry).toContain(`default ${fallback})`);
    },
  );

  it.each(Object.entries(COMMANDS))('explains the command %s', (command, help) => {
    expect(lines.some((line) => line.startsWith(`  ${command} `) && line.endsWith(help))).toBe(true);
  });

  it('gives an example that the agent accepts', () => {
    const example = lines[lines.indexOf('Example:') + 1] ?? '';
    const [program, ...argv] = example.trim().split(' ');
    expect(program).toBe('conntrack-agent');
    expect(parseConfig(argv, {}, 'h')).toMatchObject({
      command: 'serve',
      config: { logFormat: 'logfmt', socketPath: undefined },
    });
  });
});
