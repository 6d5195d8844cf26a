import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Each folder and the folders it may import, types included. The programs may import anything. */
const FOLDERS: Record<string, readonly string[]> = {
  model: [],
  system: ['model'],
  netlink: ['model'],
  host: ['netlink', 'system', 'model'],
  analysis: ['model'],
  metrics: ['model'],
  alertmanager: ['model', 'system'],
  'web/view': ['model'],
  'web/browser': ['model', 'web/view'],
  'web/auth': ['model', 'system', 'web/server'],
  'web/server': ['model', 'system'],
  'web/routes': ['model', 'system', 'metrics', 'web/view', 'web/server'],
  config: ['model'],
  agent: [
    'model',
    'system',
    'netlink',
    'host',
    'analysis',
    'metrics',
    'alertmanager',
    'web/routes',
    'web/server',
    'web/auth',
    'config',
  ],
  cli: [
    'model',
    'system',
    'netlink',
    'host',
    'analysis',
    'metrics',
    'alertmanager',
    'web/routes',
    'web/server',
    'config',
  ],
};

type Source = { readonly path: string; readonly text: string };

const sources: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(SRC, path), 'utf8') }));

/** The folder of the table that a file is in; undefined for main.ts and probe.ts. */
function folderOf(path: string): string | undefined {
  const [first, second] = path.split('/');
  if (second === undefined) return undefined;
  return first === 'web' ? `web/${second}` : first;
}

/** Paths of the files that a file imports, by whatever kind of import. */
function importsOf({ path, text }: Source): string[] {
  const imports = text.matchAll(/^(?:import|export) [^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm);
  return Array.from(imports, ([, from, dynamic]) => relative(SRC, join(SRC, path, '..', from ?? dynamic!)));
}

function violationsOf(source: Source): string[] {
  const folder = folderOf(source.path);
  if (folder === undefined) return [];
  const allowed = [folder, ...(FOLDERS[folder] ?? [])];
  return importsOf(source).flatMap((target) =>
    allowed.includes(folderOf(target) ?? '') ? [] : [`${source.path} imports ${target}`],
  );
}

/** A circle of files, as the path that closes it; undefined where there is none. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const target of graph.get(file) ?? []) {
      const circle = visit(target, [...path, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

const codeOf = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

/** Paths of the sources whose code is against a rule. */
const against = (rule: (source: { path: string; code: string }) => boolean) =>
  sources.filter(({ path, text }) => rule({ path, code: codeOf(text) })).map(({ path }) => path);

const runsInBrowser = (path: string) => path.startsWith('web/browser/');

describe('the folders of src', () => {
  it('import only what the table lets them', () => {
    expect(sources.flatMap(violationsOf)).toEqual([]);
  });

  it('are all in the table', () => {
    const folders = new Set(sources.flatMap(({ path }) => folderOf(path) ?? []));
    expect([...folders].sort()).toEqual(Object.keys(FOLDERS).sort());
  });

  it('hold no circle of files', () => {
    expect(circleIn(new Map(sources.map((source) => [source.path, importsOf(source)])))).toBeUndefined();
  });

  it('would be seen to import upwards, in sub-folders and types too', () => {
    const violations = (path: string, text: string) => violationsOf({ path, text });
    expect(violations('analysis/x.ts', "import { a } from '../host/y.ts';\n")).toHaveLength(1);
    expect(violations('web/server/x.ts', "import type { A } from '../routes/y.ts';\n")).toHaveLength(1);
    expect(violations('web/routes/x.ts', "const a = await import('../../cli/y.ts');\n")).toHaveLength(1);
    expect(violations('web/routes/x.ts', "import {\n  a,\n} from '../server/y.ts';\n")).toEqual([]);
  });

  it('would be seen to hold a circle', () => {
    const graph = new Map([
      ['a.ts', ['b.ts']],
      ['b.ts', ['c.ts']],
      ['c.ts', ['b.ts']],
    ]);
    expect(circleIn(graph)).toEqual(['b.ts', 'c.ts', 'b.ts']);
  });
});

describe('src', () => {
  it('starts no process and no thread', () => {
    expect(against(({ code }) => /child_process|worker_threads|node:cluster/.test(code))).toEqual([]);
  });

  it('leaves environment, exit and signals to the two programs', () => {
    const touches = /process\.(env|exit|exitCode|once|on|kill)\b/;
    expect(against(({ code }) => touches.test(code)).sort()).toEqual(['main.ts', 'probe.ts']);
  });

  it('leaves the wall clock to main.ts', () => {
    expect(against(({ code }) => /Date\.now|new Date\(\)/.test(code))).toEqual(['main.ts']);
  });

  it('decides in analysis, words it in web/view, and does nothing else there or in model', () => {
    const acts = /\bDate\b|Math\.random|console|setTimeout|setInterval|process\.|document\b|window\b/;
    expect(against(({ path, code }) => /^(model|analysis|web\/view)\//.test(path) && acts.test(code))).toEqual([]);
  });

  it('makes no markup out of text in the browser', () => {
    const markup = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|\beval\b|new Function/;
    expect(against(({ path, code }) => runsInBrowser(path) && markup.test(code))).toEqual([]);
  });
});
