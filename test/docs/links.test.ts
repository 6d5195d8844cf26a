import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** Documents of these folders, and those of the root. */
const FOLDERS = ['docs', 'alerts', 'daemonset', 'dashboards'];
const documents: readonly string[] = [
  ...readdirSync(ROOT),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  ),
].filter((path) => path.endsWith('.md'));

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const withoutFences = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, '');

/** Targets of links and pictures that are neither elsewhere on the web nor in code. */
function linksOf(text: string): string[] {
  const prose = withoutFences(text).replaceAll(/`[^`\n]*`/g, 'code');
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target!).filter(
    (target) => !/^[a-z]+:/.test(target),
  );
}

/** Anchors of the titles, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const titles = Array.from(withoutFences(text).matchAll(/^#+ (.+)$/gm), ([, title]) => title!);
  return titles.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function brokenLinks(document: string, text: string): string[] {
  return linksOf(text).filter((target) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? document : join(dirname(document), path);
    if (!existsSync(join(ROOT, file))) return true;
    return anchor !== undefined && !anchorsOf(file === document ? text : read(file)).includes(anchor);
  });
}

/** Scripts that the text has the reader run and package.json does not have. */
function missingScripts(text: string): string[] {
  return Array.from(text.matchAll(/\bnpm run ([\w:-]+)/g), ([, name]) => name!).filter((name) => !(name in scripts));
}

/** Files of this repository that the text names in code and that do not exist. */
function missingFiles(text: string): string[] {
  const named = text.matchAll(/`((?:src|test|docs|bench|alerts|dashboards|daemonset|\.ci)\/[\w./-]*)`/g);
  return Array.from(named, ([, path]) => path!).filter((path) => !existsSync(join(ROOT, path)));
}

describe('the documents', () => {
  it.each(documents)('have no broken link: %s', (document) => {
    expect(brokenLinks(document, read(document))).toEqual([]);
  });

  it.each(documents)('name only scripts that exist: %s', (document) => {
    expect(missingScripts(read(document))).toEqual([]);
  });

  it.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/development.md'])(
    'name only files that exist: %s',
    (document) => {
      expect(missingFiles(read(document))).toEqual([]);
    },
  );

  it('would be seen to be wrong', () => {
    expect(brokenLinks('README.md', '# A b\n[x](#a-b) [x](#c) [x](nowhere.md) `[x](code.md)`')).toEqual([
      '#c',
      'nowhere.md',
    ]);
    expect(brokenLinks('docs/README.md', '[x](../README.md#no-such-title)')).toEqual(['../README.md#no-such-title']);
    expect(missingScripts('`npm run docs`, then `npm run no-such:script`')).toEqual(['no-such:script']);
    expect(missingFiles('`src/main.ts` and `src/no-such.ts`')).toEqual(['src/no-such.ts']);
  });
});

describe('README.md', () => {
  it('has fewer than 200 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(200);
  });

  it('leads to every document of docs/ by way of docs/README.md', () => {
    expect(linksOf(read('README.md'))).toContain('docs/README.md');
    const listed = linksOf(read('docs/README.md'));
    const written = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(written.filter((name) => !listed.includes(name))).toEqual([]);
  });
});

describe('the questions at the end of docs/development.md', () => {
  it('are answered by a file each', () => {
    const [, questions = ''] = read('docs/development.md').split('## Where is it?');
    const rows = questions.split('\n').filter((line) => line.includes('?'));
    expect(rows.length).toBeGreaterThanOrEqual(20);
    expect(rows.filter((row) => !/`(src|alerts|dashboards)\/[\w./-]+\.ts`/.test(row))).toEqual([]);
  });
});
